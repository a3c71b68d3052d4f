/* What each command does, and its exact reply. */
#ifndef MC_SERVER_EXECUTE_H
#define MC_SERVER_EXECUTE_H

#include "server/session.h"

/* A value up to this long is copied into the reply; a longer one is sent from where it is. */
#define MCS__COPY_MAX 4096

/*
 * Runs the command in line, which stands at the front of the input and has no end of line. Sets session->phase where more
 * has to be done than this call did.
 */
void mcs__execute(mcs__session *session, mc_slice line);

/* Answers the keys of session->retrieval. false: enough output waits, call again once it is sent. */
bool mcs__execute_keys(mcs__session *session);

/* The data block of session->upload has come. */
void mcs__execute_upload(mcs__session *session);

/* Makes session->upload's item and begins to read the data block, or answers why not and swallows it. */
bool mcs__begin_upload(mcs__session *session, mc_slice key, uint64_t value_len);

/* Counts one key that was looked up; touch: its expiry was set as well. */
void mcs__count_retrieval(mcs__counters *counters, bool touch, bool hit);

/* A reply line, with its end. */
void mcs__reply(mcs__session *session, mc_slice text);
#define MCS__REPLY(session, text) mcs__reply(session, MC__LITERAL(text "\r\n"))

#endif
