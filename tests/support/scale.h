/* How much of a heavy test is done: all of it, or a part where a sanitizer makes it ten times slower. */
#ifndef MC_SUPPORT_SCALE_H
#define MC_SUPPORT_SCALE_H

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#define SCALED(all, part) (SANITIZED ? (part) : (all))

#endif
