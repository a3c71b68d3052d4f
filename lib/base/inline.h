/*
 * What compilers are told of functions on the way of every request, where they guess wrong: each was measured.
 */
#ifndef MC_BASE_INLINE_H
#define MC_BASE_INLINE_H

/* A few instructions: to call them would cost more than they do. */
#define MC__INLINE static inline __attribute__((always_inline))

/* Called when something has failed, or grows: what leads there is not what the code around it is arranged for. */
#define MC__RARE __attribute__((cold))

#endif
