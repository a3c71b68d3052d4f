# Makes the manual pages from the comments of the public header.
#
#     awk -v header=FILE -v examples=FOLDER -v out=FOLDER -f pages.awk PAGE.in...
#
# PAGE.in is a page in mdoc(7), such as mc_set.3.in, which becomes out/man3/mc_set.3. What the header says stands in it only
# as lines that begin with @:
#
#     @os                    .Os with the library's version
#     @names NAME...         the head line of the page: it tells of these
#     @synopsis NAME...      the declarations
#     @also NAME...          the page tells of these as well, in other words than a list
#     @intro SECTION         what the header says at the beginning of a section (the words between its dashes)
#     @general LABEL         the paragraph of the header's first comment that begins with LABEL and a colon; without a
#                            LABEL, those that begin with none
#     @describe NAME...      a list of functions, macros or callbacks with their comments
#     @struct NAME           the comment of a struct and a list of its members
#     @enum NAME             the same of an enum
#     @statuses NAME...      a list of the statuses that the comments of these functions, or of "a section", name; but for
#                            those that stand here with a minus before them
#     @example FILE          a program of docs/examples: its first comment, itself, and what it prints
#
# Each name of a page gets a page of its own that leads there. With -v strict=1, a name of the header that no page tells of
# is a failure.

BEGIN {
    section = "beginning"
    read_header()
    for (page = 1; page < ARGC; page++)
        make_page(ARGV[page])
    for (i = 1; i <= name_count; i++)
        if (!(names[i] in owner)) {
            complain(names[i] ": no page of docs/man tells of it")
            if (strict)
                failed = 1
        }
    exit failed
}

function complain(text) {
    print "pages.awk: " text | "cat 1>&2"
}

function fail(text) {
    complain(text)
    failed = 1
}

# ------------------------------------------------------------------------------------------------------ the header --

function read_header(    count, i, from, text, status) {
    while ((status = (getline text <header)) > 0)
        line[++count] = text
    if (status < 0)
        fail(header ": cannot be read")
    close(header)
    line_count = count

    for (i = 1; i <= count; i++) {
        if (line[i] ~ /^\/\* -----+ .* -- \*\/$/) {
            section = line[i]
            gsub(/^\/\* -+ | -- \*\/$/, "", section)
            comment = ""
        } else if (line[i] ~ /^\/\*/) {
            from = i
            while (line[i] !~ /\*\/$/ && i < count)
                i++
            comment = comment_text(from, i)
            if (line[i + 1] ~ /^($|#ifndef )/) {
                intro[section] = intro[section] (intro[section] == "" ? "" : "\n\n") comment
                comment = ""
            }
        } else if (line[i] ~ /^#define /)
            i = read_macro(i)
        else if (line[i] ~ /^(MC_EXPORT|typedef|static inline) /)
            i = read_declaration(i)
        else if (line[i] == "")
            comment = ""
    }
}

# The text of a comment, with the indentation that its lines have beyond " * ".
function comment_text(from, to,    i, text, all) {
    for (i = from; i <= to; i++) {
        text = line[i]
        sub(/^ *\/\*/, "", text)
        sub(/^ +\*( |$)/, "", text)
        sub(/ *\*\/$/, "", text)
        if (i == from || i == to) {
            sub(/^ */, "", text)
            if (text == "" || text == "/")
                continue
        }
        all = all (all == "" ? "" : "\n") text
    }
    return all
}

function add_name(name, what) {
    names[++name_count] = name
    kind[name] = what
    doc[name] = comment
    section_of[name] = section
}

function read_macro(i,    name, text) {
    text = line[i]
    name = text
    sub(/^#define /, "", name)
    sub(/[ (].*/, "", name)
    if (name !~ /_H$/ && !(name in kind)) {
        add_name(name, "macro")
        if (text ~ /\/\*.*\*\/$/) {
            doc[name] = text
            sub(/^.*\/\* /, "", doc[name])
            sub(/ \*\/$/, "", doc[name])
            sub(/ *\/\*.*/, "", text)
        }
        sub(/^#define [A-Za-z_0-9]+ */, "", text)
        value[name] = text ~ /\\$/ ? "" : text
    }
    while (line[i] ~ /\\$/)
        i++
    return i
}

# A declaration up to its ";" or, for what has a body, its closing brace.
function read_declaration(i,    text, name) {
    text = line[i]
    if (text ~ /\{$/) {
        if (text ~ /^typedef (struct|enum) /) {
            name = text
            sub(/^typedef (struct|enum) /, "", name)
            sub(/ .*/, "", name)
            add_name(name, text ~ /^typedef struct/ ? "struct" : "enum")
            return read_members(i, name)
        }
        add_function(text, "function")
        while (line[i] !~ /^}/)
            i++
        return i
    }
    while (text !~ /;$/) {
        i++
        name = line[i]
        sub(/^ +/, " ", name)
        text = text name
    }
    if (text ~ /^typedef struct [a-z_]+ [a-z_]+;$/) {
        sub(/;$/, "", text)
        sub(/.* /, "", text)
        add_name(text, "opaque")
    } else
        add_function(text, text ~ /^typedef/ ? "callback" : "function")
    return i
}

# Also what it returns and what it takes.
function add_function(text, what,    name, parameters) {
    sub(/^(MC_EXPORT|typedef|static inline) /, "", text)
    sub(/[;{ ]*$/, "", text)
    name = text
    sub(/\(.*/, "", name)
    parameters = substr(text, length(name) + 2)
    sub(/\)$/, "", parameters)
    returns[name] = name
    sub(/.*[ *]/, "", name)
    text = returns[substr(text, 1, index(text, "(") - 1)]
    sub(/[a-z_0-9]+$/, "", text)
    sub(/ +$/, "", text)
    gsub(/  +/, " ", text)
    add_name(name, what)
    returns[name] = text
    takes[name] = parameters
}

# The members of a struct or an enum: declaration and comment of each, and comments that stand between them.
function read_members(i, type,    text, member, count, name) {
    for (i++; line[i] !~ /^}/; i++) {
        text = line[i]
        sub(/^ +/, "", text)
        if (text == "")
            continue
        if (text ~ /^\/\*/) {
            while (text !~ /\*\/$/)
                text = text " " bare(line[++i])
            gsub(/^\/\* *| *\*\/$/, "", text)
            group[type, count + 1] = text
            continue
        }
        member = text
        sub(/ *\/\*.*/, "", member)
        sub(/[,;]$/, "", member)
        while (text ~ /\/\*/ && text !~ /\*\/$/)
            text = text " " bare(line[++i])
        count++
        if (text ~ /\/\*/) {
            sub(/^.*\/\* */, "", text)
            sub(/ *\*\/$/, "", text)
        } else
            text = ""
        gsub(/  +/, " ", member)
        member_of[type, count] = member
        member_doc[type, count] = text
        if (kind[type] == "enum") {
            name = member
            sub(/ .*/, "", name)
            kind[name] = "constant"
            doc[name] = text
            names[++name_count] = name
            enum_of[name] = type
        }
    }
    members[type] = count
    return i
}

function bare(text) {
    sub(/^ +\*? */, "", text)
    return text
}

# ------------------------------------------------------------------------------------------------------- the pages --

function make_page(file,    text, status, words_of) {
    page_name = file
    sub(/.*\//, "", page_name)
    sub(/\.in$/, "", page_name)
    page_section = page_name
    sub(/.*\./, "", page_section)
    output = out "/man" page_section "/" page_name
    sub(/\.[0-9]$/, "", page_name)

    last = ""
    while ((status = (getline text <file)) > 0) {
        if (text !~ /^@/) {
            put(text)
            continue
        }
        count = split(text, word, " ")
        directive(word[1], substr(text, length(word[1]) + 2))
    }
    if (status < 0)
        fail(file ": cannot be read")
    close(file)
    close(output)
}

function directive(name, rest,    i) {
    if (name == "@os")
        put(".Os libmcclient " unquoted(value["MCCLIENT_VERSION"]))
    else if (name == "@intro")
        prose(known_section(rest), "")
    else if (name == "@general")
        general(rest)
    else if (name == "@statuses")
        list_statuses(rest)
    else if (name == "@example")
        show_example(rest)
    else {
        count = split(rest, word, " ")
        for (i = 1; i <= count; i++)
            if (!(word[i] in kind)) {
                fail(page_name ": " word[i] " is not in the header")
                return
            }
        if (name == "@names")
            head_line()
        else if (name == "@synopsis")
            list_declarations()
        else if (name == "@also")
            for (i = 1; i <= count; i++)
                own(word[i])
        else if (name == "@describe")
            list_functions()
        else if (name == "@struct" || name == "@enum")
            list_members(word[1])
        else
            fail(page_name ": " name " is no directive")
    }
}

# A line of the page. A paragraph that nothing follows or precedes is left out.
function put(text) {
    if (text == ".Pp") {
        paragraph_due = last !~ /^\.S[hs] /
        return
    }
    if (paragraph_due && text !~ /^\.(B[ld]|S[hs]|Pp)( |$)/)
        print ".Pp" >output
    paragraph_due = 0
    print text >output
    last = text
}

function unquoted(text) {
    gsub(/"/, "", text)
    return text
}

function known_section(name) {
    if (!(name in intro))
        fail(page_name ": the header has no section that begins with words: " name)
    return intro[name]
}

# The page that tells of a name; others lead there.
function own(name,    alias) {
    if (name in owner) {
        if (owner[name] != page_name)
            fail(name ": told of by " owner[name] " and " page_name)
        return
    }
    owner[name] = page_name
    if (name == page_name)
        return
    alias = out "/man3/" name ".3"
    print ".so man" page_section "/" page_name "." page_section >alias
    close(alias)
}

function head_line(    i) {
    for (i = 1; i <= count; i++) {
        put(".Nm " word[i] (i < count ? " ," : ""))
        own(word[i])
    }
}

function list_declarations(    i) {
    for (i = 1; i <= count; i++) {
        own(word[i])
        if (kind[word[i]] == "macro")
            put(".Fd #define " word[i] (value[word[i]] == "" ? "" : " " with_quotes(escaped(value[word[i]]))))
        else if (kind[word[i]] == "opaque")
            put(".Vt typedef struct " word[i] " " word[i] " ;")
        else if (kind[word[i]] == "struct")
            show_struct(word[i])
        else if (kind[word[i]] == "enum")
            put(".Vt typedef enum " word[i] " " word[i] " ;")
        else
            declare(word[i])
    }
}

# Text behind a macro, where a quote would begin an argument.
function with_quotes(text) {
    gsub(/"/, "\\(dq", text)
    return text
}

function declare(name,    list, parameter, i, parameters) {
    put(".Ft \"" (kind[name] == "callback" ? "typedef " : "") returns[name] "\"")
    put(".Fo " name)
    parameters = split(takes[name], parameter, /, */)
    for (i = 1; i <= parameters; i++)
        put(".Fa \"" parameter[i] "\"")
    put(".Fc")
}

function show_struct(name,    i) {
    put(".Bd -literal")
    put("typedef struct " name " {")
    for (i = 1; i <= members[name]; i++)
        put("    " escaped(member_of[name, i]) ";")
    put("} " name ";")
    put(".Ed")
    put(".Pp")
}

# The names of what a function takes, as arguments for .Fn.
function arguments(name,    parameter, i, parameters, all) {
    parameters = split(takes[name], parameter, /, */)
    for (i = 1; i <= parameters; i++) {
        if (parameter[i] == "void")
            continue
        sub(/.*[ *]/, "", parameter[i])
        all = all " " parameter[i]
    }
    return all
}

function list_functions(    i) {
    put(".Bl -tag -width Ds")
    for (i = 1; i <= count; i++) {
        own(word[i])
        if (kind[word[i]] == "macro")
            put(".It Dv " word[i] (value[word[i]] ~ /^[0-9]+u?$/ ? " Pq " value[word[i]] : ""))
        else if (kind[word[i]] == "opaque")
            put(".It Vt " word[i])
        else
            put(".It Fn " word[i] arguments(word[i]))
        if (i < count && doc[word[i]] == doc[word[i + 1]])
            continue
        if (doc[word[i]] == "")
            fail(word[i] ": no comment in the header")
        prose(doc[word[i]], word[i])
    }
    put(".El")
}

function list_members(type,    i, name) {
    own(type)
    prose(doc[type], "")
    for (i = 1; i <= members[type]; i++) {
        if (i == 1 || (type, i) in group) {
            if (i > 1)
                put(".El")
            if ((type, i) in group) {
                put(".Pp")
                prose(group[type, i], "")
            }
            put(".Bl -tag -width Ds")
        }
        name = member_of[type, i]
        if (kind[type] == "enum") {
            sub(/ .*/, "", name)
            own(name)
            put(".It Dv " name " Pq " number_of(member_of[type, i]))
        } else
            put(".It Va \"" name "\"")
        if (member_doc[type, i] == "")
            fail(type ", " name ": no comment in the header")
        prose(member_doc[type, i], "")
    }
    put(".El")
}

function number_of(member) {
    sub(/.*= */, "", member)
    return member
}

# rest: names of functions, and of sections between quotes.
function list_statuses(rest,    text, part, parts, i, open, status, groups, left_out) {
    parts = split(rest, part, "\"")
    for (i = 1; i <= parts; i++)
        if (i % 2 == 0)
            text = text " " known_section(part[i])
        else {
            count = split(part[i], word, " ")
            for (; count > 0; count--) {
                if (word[count] ~ /^-/)
                    left_out = left_out " " substr(word[count], 2) " "
                else if (!(word[count] in kind))
                    fail(page_name ": " word[count] " is not in the header")
                else
                    text = text " " doc[word[count]]
            }
        }
    gsub(/[^A-Za-z_0-9]/, " ", text)
    text = " " text " "
    groups = ""
    for (i = 1; i <= members["mc_status"]; i++) {
        status = member_of["mc_status", i]
        sub(/ .*/, "", status)
        if (("mc_status", i) in group)
            groups = group["mc_status", i]
        if (index(text, " " status " ") == 0 || index(left_out, " " status " ") > 0)
            continue
        if (groups != "") {
            if (open)
                put(".El")
            put(".Pp")
            prose(groups, "")
            put(".Bl -tag -width Ds")
            open = 1
            groups = ""
        }
        put(".It Dv " status)
        prose(doc[status], "")
    }
    if (open)
        put(".El")
    else
        fail(page_name ": no status in " rest)
}

function general(label,    blocks, block, i, some) {
    blocks = split(intro["beginning"], block, "\n\n")
    for (i = 1; i <= blocks; i++)
        if (label == "" ? block[i] !~ /^[A-Z][a-z]+: / : index(block[i], label ": ") == 1) {
            if (some)
                put(".Pp")
            if (label != "") {
                block[i] = substr(block[i], length(label) + 3)
                block[i] = toupper(substr(block[i], 1, 1)) substr(block[i], 2)
            }
            prose(block[i], "")
            some = 1
        }
    if (!some)
        fail(page_name ": the header's first comment has no " label)
}

# ------------------------------------------------------------------------------------------------------- the words --

# Paragraphs of a comment. Lines that are indented are shown as they are; a line that begins with a parameter of the
# function and a colon begins a paragraph.
function prose(text, function_name,    blocks, block, i, rows, row, j, all, begun) {
    blocks = split(text, block, "\n\n")
    for (i = 1; i <= blocks; i++) {
        if (block[i] ~ /^    /) {
            put(".Bd -literal")
            rows = split(block[i], row, "\n")
            for (j = 1; j <= rows; j++)
                put(escaped(substr(row[j], 5)))
            put(".Ed")
            begun = 1
            continue
        }
        rows = split(block[i], row, "\n")
        all = ""
        for (j = 1; j <= rows; j++) {
            if (is_parameter(row[j], function_name) && all != "") {
                begun = paragraph(all, begun)
                all = ""
            }
            all = all " " row[j]
        }
        if (all != "")
            begun = paragraph(all, begun)
    }
}

function is_parameter(text, function_name,    name) {
    name = text
    if (function_name == "" || !sub(/:( .*)?$/, "", name))
        return 0
    sub(/:.*/, "", name)
    return index(arguments(function_name) " ", " " name " ") > 0
}

function paragraph(text, begun,    words, list, i) {
    if (begun)
        put(".Pp")
    words = split(text, list, " ")
    pending = ""
    for (i = 1; i <= words; i++)
        put_word(list[i])
    flush()
    return 1
}

function flush() {
    if (pending != "")
        put(pending ~ /^[.']/ ? "\\&" pending : pending)
    pending = ""
}

# A word of a sentence: names as macros of their own lines, sentences each on a line of its own.
function put_word(text,    core, before, after, macro, owned) {
    core = text
    while (core ~ /^[(\[]/) {
        before = before substr(core, 1, 1) " "
        core = substr(core, 2)
    }
    while (core ~ /[]).,;:?!]$/ && core !~ /\(\)$/) {
        after = " " substr(core, length(core)) after
        core = substr(core, 1, length(core) - 1)
    }
    if (core ~ /'s$/) {
        after = " Ns 's" after
        core = substr(core, 1, length(core) - 2)
    }
    sub(/\(\)$/, "", core)
    macro = macro_for(core)
    if (macro != "") {
        flush()
        put("." macro_with(macro, before, core) after)
        return
    }
    if (length(pending) + length(text) > 76)
        flush()
    pending = pending (pending == "" ? "" : " ") escaped(text)
    if (text ~ /[A-Za-z0-9_)"'][.?!]["')]*$/)
        flush()
}

function macro_with(macro, before, core) {
    if (macro == "Xr")
        core = core " 3"
    return macro " " before core
}

function macro_for(core) {
    if (core == "NULL")
        return "Dv"
    if (!(core in kind))
        return ""
    if (kind[core] == "macro" || kind[core] == "constant")
        return "Dv"
    if (kind[core] == "function")
        return core in owner && owner[core] == page_name ? "Fn" : "Xr"
    return "Vt"
}

function escaped(text) {
    gsub(/\\/, "\\e", text)
    gsub(/\^/, "\\(ha", text)
    gsub(/~/, "\\(ti", text)
    gsub(/`/, "\\(ga", text)
    return text
}

# ---------------------------------------------------------------------------------------------------- the examples --

function show_example(name,    file, text, in_comment, all, started) {
    file = examples "/" name
    while ((getline text <file) > 0) {
        if (!started && text ~ /^\/\*/)
            in_comment = 1
        if (in_comment) {
            if (text ~ /\*\//)
                in_comment = 0
            gsub(/^ *\/?\*+ ?|^ \* ?| *\*\/$/, "", text)
            if (text != "/" && text != "")
                all = all (all == "" ? "" : " ") text
            continue
        }
        if (!started) {
            if (all != "")
                prose(all, "")
            put(".Bd -literal")
            started = 1
        }
        put(quoted(text))
    }
    close(file)
    if (!started)
        fail(page_name ": " file " cannot be read")
    put(".Ed")
    file = examples "/" name
    sub(/\.c$/, ".out", file)
    started = 0
    while ((getline text <file) > 0) {
        if (!started) {
            put(".Pp")
            put("It prints:")
            put(".Bd -literal")
            started = 1
        }
        put(quoted(text))
    }
    close(file)
    if (started)
        put(".Ed")
}

# A line of a program: nothing in it is a macro or a typographic quote.
function quoted(text) {
    text = escaped(text)
    gsub(/'/, "\\(aq", text)
    gsub(/-/, "\\-", text)
    return text ~ /^\./ ? "\\&" text : text
}
