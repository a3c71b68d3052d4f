/* Checking what a user sets. */
#ifndef MC_CLIENT_OPTIONS_H
#define MC_CLIENT_OPTIONS_H

#include "mcclient/mcclient.h"

/* Copies given (NULL: the defaults) to options, whose own size it may not be: fields that an older program does not know get
 * their defaults. MC_OK, or MC_BAD_ARGUMENT with words for the field that is out of range. */
mc_status mc__options_read(const mc_options *given, mc_options *options);

/* Whether options were started from MC_OPTIONS_INIT. */
bool mc__options_started(const mc_options *options);

/* The same as mc__options_read for a view. */
mc_status mc__view_read(const mc_view *given, mc_view *view);

/* Whether a prefix (NULL: none) may stand before keys, behind one of len bytes. MC_OK or MC_BAD_ARGUMENT. */
mc_status mc__prefix_check(const char *prefix, size_t len);

#endif
