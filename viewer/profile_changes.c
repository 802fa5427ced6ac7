/* viewer/profile_changes.c - which rows changed in which interval */
/* SPDX-License-Identifier: MIT */

#include "viewer/profile_reading.h"
#include "viewer/xalloc.h"

#include <stdlib.h>

static uint32_t *latest_of(struct reading_changes *changes, uint32_t row)
{
    while (row >= changes->latest_capacity) {
        size_t before = changes->latest_capacity;
        changes->latest = xalloc_grown(changes->latest, before, &changes->latest_capacity,
                                       sizeof(*changes->latest));
        for (size_t i = before; i < changes->latest_capacity; i++)
            changes->latest[i] = 0;
    }
    return &changes->latest[row];
}

/* From here on nobody asks for changes; the list is freed with the latest ones. */
static void give_up(struct reading_changes *changes)
{
    changes->most = 0;
}

/* The row's change of this interval; NULL: there would be too many. */
static struct profile_change *change_of(struct reading *reading, uint32_t row)
{
    struct reading_changes *changes = &reading->changes;
    uint32_t *latest = latest_of(changes, row);

    if (*latest != 0 && changes->list[*latest - 1].sample == reading->sample_at)
        return &changes->list[*latest - 1];
    if (changes->count == changes->most) {
        give_up(changes);
        return NULL;
    }
    changes->list =
        xalloc_grown(changes->list, changes->count, &changes->capacity, sizeof(*changes->list));
    struct profile_change *change = &changes->list[changes->count++];
    *latest = (uint32_t)changes->count;
    *change = (struct profile_change){.number = row, .sample = (uint32_t)reading->sample_at};
    return change;
}

void reading_note_alloc(struct reading *reading, uint32_t row, uint64_t size_bytes)
{
    struct profile_change *change = change_of(reading, row);

    if (change == NULL)
        return;
    change->allocs++;
    change->bytes += size_bytes;
    change->live_blocks++;
    change->live_bytes += (int64_t)size_bytes;
}

void reading_note_end(struct reading *reading, uint32_t row, uint64_t size_bytes)
{
    struct profile_change *change = change_of(reading, row);

    if (change == NULL)
        return;
    change->live_blocks--;
    change->live_bytes -= (int64_t)size_bytes;
}

void reading_note_temporary(struct reading *reading, uint32_t row)
{
    struct profile_change *change = change_of(reading, row);

    if (change != NULL)
        change->temporary++;
}
