# Gives Doxygen the public header with its comments as Doxygen knows them; run by Doxygen for each file it reads.
#
# The header's comments are plain. Here the first becomes the main page, a line of dashes with a title begins a group, what
# stands below it by itself tells of the group, a comment behind code tells of that code, and names of functions, constants
# and macros become links.

BEGIN {
    while ((getline text <ARGV[1]) > 0)
        line[++count] = text
    if (ARGV[1] !~ /\.h$/) {
        for (i = 1; i <= count; i++)
            print line[i]
        exit 0
    }
    find_names()
    print "/** @file */"
    for (i = 1; i <= count; i++)
        if (is_banner(line[i]))
            begin_group(title_of(line[i]))
        else if (!begun && line[i] ~ /^\/\*/) {
            begun = 1
            i = main_page(i)
        } else if (line[i] ~ /^\/\*/)
            i = whole_comment(i)
        else if (line[i] == "#ifdef __cplusplus" && group != "") {
            print "/** @} */"
            group = ""
            print line[i]
        } else {
            if (shares_comment(i))
                whole_comment(comment_at)
            print_code(line[i])
        }
    exit 0
}

# Declarations without an empty line between them have one comment.
function shares_comment(i) {
    return line[i] ~ /^(MC_EXPORT|#define) / && line[i] !~ /\/\*/ && line[i - 1] ~ /^(MC_EXPORT .*;|#define .*[^\\])$/
}

# Functions and what is written in capitals.
function find_names(    i, name) {
    for (i = 1; i <= count; i++) {
        name = line[i]
        if (name ~ /^MC_EXPORT .*[ *]mc_[a-z_]+\(/ || name ~ /^static inline .*[ *]mc_[a-z_]+\(/) {
            sub(/\(.*/, "", name)
            sub(/.*[ *]/, "", name)
            is_function[name] = 1
        } else if (name ~ /^ +MC_[A-Z_0-9]+ *=/ || name ~ /^#define MC[A-Z_0-9]* ?/) {
            sub(/^(#define)? */, "", name)
            sub(/[ =(].*/, "", name)
            is_constant[name] = name !~ /_H$/
        }
    }
}

# The first comment, with a list of the groups before its end. Returns its last line.
function main_page(i,    j) {
    print "/** @mainpage A client for a cluster of memcached servers\n"
    for (i++; line[i] !~ /\*\/$/; i++)
        print linked(line[i])
    print " *\n * The reference:"
    for (j = i; j <= count; j++)
        if (is_banner(line[j]))
            print " * - @ref " group_name(title_of(line[j]))
    print " */"
    return i
}

function is_banner(text) {
    return text ~ /^\/\* -----+ .* -- \*\/$/
}

function title_of(text) {
    gsub(/^\/\* -+ | -- \*\/$/, "", text)
    return text
}

function group_name(title) {
    gsub(/[^a-z]+/, "_", title)
    return title
}

function begin_group(title) {
    if (group != "")
        print "/** @} */"
    group = group_name(title)
    print "/** @defgroup " group " " toupper(substr(title, 1, 1)) substr(title, 2) " */"
    open_group()
}

function open_group() {
    print "/** @addtogroup " group
    print " * @{ */"
}

# A comment on lines of its own: of the declaration that follows, or of the group.
function whole_comment(i,    last) {
    for (last = i; line[last] !~ /\*\/$/; last++)
        continue
    if (line[last + 1] == "" && group != "") {
        print "/** @} */"
        print "/** @addtogroup " group
        copy_comment(i, " ")
        open_group()
    } else {
        comment_at = i
        copy_comment(i, "/**")
    }
    return last
}

# The comment from line i on, with another beginning. Returns its last line.
function copy_comment(i, beginning,    text) {
    text = substr(line[i], 3)
    if (text != "" || beginning != " ")
        print beginning linked(text)
    while (line[i] !~ /\*\/$/)
        print linked(line[++i])
    return i
}

# Code, with a comment behind it, or a comment on members that follow: each of them has it in front of its own.
function print_code(text,    at) {
    if (text ~ /^ +\/\* .* \*\/$/) {
        gsub(/^ *\/\* |\.? \*\/$/, "", text)
        members = "<em>" linked(text) "</em> &ndash; "
        return
    }
    if (text ~ /^}/)
        members = ""
    at = index(text, "/* ")
    if (at > 0)
        text = substr(text, 1, at - 1) "/**< " members linked(substr(text, at + 3))
    print text
}

# Words that are names, and what Doxygen or Markdown would take for marks of their own.
function linked(text,    result, word) {
    while (match(text, /[A-Za-z_][A-Za-z_0-9]*/)) {
        word = substr(text, RSTART, RLENGTH)
        result = result substr(text, 1, RSTART - 1)
        text = substr(text, RSTART + RLENGTH)
        if (word in is_function)
            result = result word (text ~ /^\(/ ? "" : "()")
        else if (is_constant[word])
            result = result "#" word
        else
            result = result word
    }
    return result text
}
