/* tracer/rules.c - how to step from a pc, remembered */
/* SPDX-License-Identifier: MIT */

#include "tracer/rules.h"

#include "tracer/sys.h"

#define EPOCH_SHIFT 47

static bool fits(int32_t offset, unsigned bits)
{
    int32_t limit = 1 << (bits - 1);

    return offset % 8 == 0 && offset / 8 >= -limit && offset / 8 < limit;
}

/* Where nothing is known, the frame pointer is tried: the one way of guessing. Never 0. */
packed_rule rules_pack(const struct rule *rule, uint32_t epoch)
{
    uint64_t tag = (uint64_t)(epoch % RULES_EPOCHS) << EPOCH_SHIFT;

    if (rule->class == RULE_NONE)
        return tag | rules_make(RULE_NONE, true, 2, -2, -1);
    /* The memo relies on it that a return address lies below the caller's stack. */
    if (rule->class != RULE_SIGNAL && rule->class != RULE_END && rule->return_offset != -8)
        return tag | RULE_COMPLEX;
    if (!fits(rule->cfa_offset, 20) || !fits(rule->fp_offset, 14) || !fits(rule->return_offset, 8))
        return tag | RULE_COMPLEX;
    return tag | rules_make(rule->class, rule->fp_saved, rule->cfa_offset / 8, rule->fp_offset / 8,
                            rule->return_offset / 8);
}

static uint32_t entries_of(const struct rules_table *table)
{
    return UINT32_C(1) << table->bits;
}

static struct rules_table *map_table(uint32_t bits)
{
    size_t bytes = sizeof(struct rules_table) + (sizeof(struct rules_entry) << bits);
    struct rules_table *table = sys_map(bytes);

    if (table != NULL) {
        sys_populate(table, bytes);
        table->bits = bits;
    }
    return table;
}

void rules_open(struct rules *rules)
{
    atomic_store_explicit(&rules->table, map_table(RULES_FIRST_BITS), memory_order_release);
}

/* The entry of pc, or a free one for it. NULL: no room. */
static struct rules_entry *entry_of(struct rules_table *table, uint64_t pc)
{
    uint32_t home = rules_home(table, pc);

    for (uint32_t i = 0; i < RULES_PROBES; i++) {
        struct rules_entry *entry = &table->entry[(home + i) & (entries_of(table) - 1)];
        uint64_t there = atomic_load_explicit(&entry->pc, memory_order_relaxed);
        if (there == pc || there == 0)
            return entry;
    }
    return NULL;
}

/* Of two threads that want the entry for two pcs, one does without. */
static void remember(struct rules_table *table, uint64_t pc, packed_rule rule)
{
    struct rules_entry *entry = entry_of(table, pc);
    uint64_t there = 0;

    if (entry == NULL)
        return;
    bool added = atomic_compare_exchange_strong_explicit(
        &entry->pc, &there, pc, memory_order_relaxed, memory_order_relaxed);
    if (added)
        atomic_fetch_add_explicit(&table->used, 1, memory_order_relaxed);
    if (added || there == pc)
        atomic_store_explicit(&entry->rule, rule, memory_order_relaxed);
}

static void grow(struct rules *rules, struct rules_table *table)
{
    uint32_t idle = 0;

    if (table->bits == RULES_LAST_BITS ||
        !atomic_compare_exchange_strong(&rules->growing, &idle, 1))
        return;
    struct rules_table *larger =
        atomic_load(&rules->table) == table ? map_table(table->bits + 1) : NULL;
    for (uint32_t i = 0; larger != NULL && i < entries_of(table); i++) {
        uint64_t pc = atomic_load_explicit(&table->entry[i].pc, memory_order_relaxed);
        packed_rule rule = atomic_load_explicit(&table->entry[i].rule, memory_order_relaxed);
        if (pc != 0 && rule != 0)
            remember(larger, pc, rule);
    }
    if (larger != NULL)
        atomic_store_explicit(&rules->table, larger, memory_order_release);
    atomic_store(&rules->growing, 0);
}

/* What the table has for pc; 0: nothing that holds. */
static packed_rule recall(struct rules_table *table, uint64_t pc, uint32_t epoch)
{
    const struct rules_entry *entry = entry_of(table, pc);

    if (entry == NULL || atomic_load_explicit(&entry->pc, memory_order_relaxed) != pc)
        return 0;
    packed_rule rule = atomic_load_explicit(&entry->rule, memory_order_relaxed);
    return rules_epoch(rule) == epoch % RULES_EPOCHS ? rule : 0;
}

packed_rule rules_learn(struct rules *rules, uint64_t pc, uint32_t epoch)
{
    struct rules_table *table =
        rules != NULL ? atomic_load_explicit(&rules->table, memory_order_acquire) : NULL;
    packed_rule known = table != NULL ? recall(table, pc, epoch) : 0;

    if (known != 0)
        return known;
    struct rule rule = cfi_rule(pc);
    known = rules_pack(&rule, epoch);
    /* Code outside all objects comes and goes without an epoch. */
    if (table != NULL && rule.class != RULE_NONE) {
        remember(table, pc, known);
        if (atomic_load_explicit(&table->used, memory_order_relaxed) > entries_of(table) / 2)
            grow(rules, table);
    }
    return known;
}

void rules_forget(struct rules *rules)
{
    struct rules_table *table = atomic_load_explicit(&rules->table, memory_order_acquire);

    for (uint32_t i = 0; table != NULL && i < entries_of(table); i++)
        atomic_store_explicit(&table->entry[i].rule, 0, memory_order_relaxed);
}
