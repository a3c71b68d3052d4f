/* The meta commands: mg, ms, md, ma, mn, me (protocol.txt, "Meta Commands"). */
#ifndef MC_SERVER_META_H
#define MC_SERVER_META_H

#include "server/session.h"

/* Runs the command; rest is its line behind the verb. */
void mcs__meta(mcs__session *session, mcs__verb verb, mc_slice rest);

/* Answers ms, whose data block was stored with outcome. */
void mcs__meta_stored(mcs__session *session, const mcs__upload *upload, mcs__outcome outcome);

#endif
