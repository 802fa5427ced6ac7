/* tracer/rules.h - how to step from a pc, remembered */
/* SPDX-License-Identifier: MIT */

/*
 * A rule (tracer/cfi.h) is read from call-frame information once and kept in a hash table that all
 * threads share: open addressing, 16 bytes an entry, lock-free. An entry's pc is claimed with a
 * compare-and-swap and never changes; its rule is one word, stored at once, and carries the epoch
 * in which it was read. A rule of another epoch counts as none: an object may have been unloaded
 * and another be where it was. When there is no room, rules are read anew each time.
 *
 * The table begins small and doubles, because a small one stays in the caches: one thread copies
 * while the others go on. What they add to the old one meanwhile is learnt once more. Old tables
 * stay mapped for readers that are slow.
 *
 * A rule as a word, lowest bits first; offsets in units of 8 bytes, signed:
 *
 *   class 4 | fp_saved 1 | cfa_offset 20 | fp_offset 14 | return_offset 8 | epoch 17
 */
#ifndef NPNTRACE_TRACER_RULES_H
#define NPNTRACE_TRACER_RULES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tracer/cfi.h"

#define RULES_FIRST_BITS 11u
#define RULES_LAST_BITS 20u
#define RULES_PROBES 16u
#define RULES_EPOCHS (1u << 17) /* epochs that a rule can tell apart */

struct rules_entry {
    _Atomic uint64_t pc; /* 0: free */
    _Atomic uint64_t rule;
};

struct rules_table {
    uint32_t bits; /* of an index */
    _Atomic uint32_t used;
    struct rules_entry entry[];
};

struct rules {
    struct rules_table *_Atomic table; /* NULL: no memory */
    _Atomic uint32_t growing;
};

typedef uint64_t packed_rule;

static inline enum rule_class rules_class(packed_rule rule)
{
    return (enum rule_class)(rule & 15);
}

static inline bool rules_fp_saved(packed_rule rule)
{
    return (rule & 16) != 0;
}

static inline int64_t rules_cfa_offset(packed_rule rule)
{
    return ((int64_t)(rule << 39) >> 44) * 8;
}

static inline int64_t rules_fp_offset(packed_rule rule)
{
    return ((int64_t)(rule << 25) >> 50) * 8;
}

static inline int64_t rules_return_offset(packed_rule rule)
{
    return ((int64_t)(rule << 17) >> 56) * 8;
}

/* From offsets / 8 that fit; of epoch 0. */
static inline packed_rule rules_make(enum rule_class class, bool fp_saved, int64_t cfa, int64_t fp,
                                     int64_t ret)
{
    return (packed_rule) class | (fp_saved ? 16u : 0u) | ((uint64_t)cfa & 0xfffff) << 5 |
           ((uint64_t)fp & 0x3fff) << 25 | ((uint64_t)ret & 0xff) << 39;
}

static inline uint32_t rules_epoch(packed_rule rule)
{
    return (uint32_t)(rule >> 47);
}

/* What does not fit becomes RULE_COMPLEX. */
packed_rule rules_pack(const struct rule *rule, uint32_t epoch);

void rules_open(struct rules *rules);

/* Reads the rule for a pc and remembers it. rules NULL: only reads it. */
packed_rule rules_learn(struct rules *rules, uint64_t pc, uint32_t epoch);

/* After RULES_EPOCHS epochs their numbers begin again: forgets everything. */
void rules_forget(struct rules *rules);

static inline uint32_t rules_home(const struct rules_table *table, uint64_t pc)
{
    return (uint32_t)(pc * UINT64_C(0x9e3779b97f4a7c15) >> (64 - table->bits));
}

/* Where the rule for a pc is looked for first. */
static inline const void *rules_place(struct rules *rules, uint64_t pc)
{
    const struct rules_table *table = atomic_load_explicit(&rules->table, memory_order_relaxed);

    return table != NULL ? &table->entry[rules_home(table, pc)] : NULL;
}

/* The rule for a pc as it is looked up: a return address less one, or an interrupted pc. */
static inline packed_rule rules_find(struct rules *rules, uint64_t pc, uint32_t epoch)
{
    const struct rules_table *table = atomic_load_explicit(&rules->table, memory_order_acquire);

    if (__builtin_expect(table != NULL, 1)) {
        const struct rules_entry *entry = &table->entry[rules_home(table, pc)];
        if (__builtin_expect(atomic_load_explicit(&entry->pc, memory_order_relaxed) == pc, 1)) {
            packed_rule rule = atomic_load_explicit(&entry->rule, memory_order_relaxed);
            if (__builtin_expect(rule != 0 && rules_epoch(rule) == epoch % RULES_EPOCHS, 1))
                return rule;
        }
    }
    return rules_learn(rules, pc, epoch);
}

#endif
