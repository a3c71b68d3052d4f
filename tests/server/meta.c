#include "server/meta.h"
#include "server/execute.h"
void mcs__meta(mcs__session *session, mcs__verb verb, mc_slice rest) {
    (void)rest;
    if (verb == MCS__VERB_META_NOOP)
        MCS__REPLY(session, "MN");
    else
        MCS__REPLY(session, "ERROR");
}
void mcs__meta_stored(mcs__session *session, const mcs__upload *upload, mcs__outcome outcome) {
    (void)session;
    (void)upload;
    (void)outcome;
}
