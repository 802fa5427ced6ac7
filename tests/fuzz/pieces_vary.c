/* tests/fuzz/pieces_vary.c - changes of chance to inputs that are lists of pieces */
/* SPDX-License-Identifier: MIT */

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/pieces.h"

#include <string.h>

#define GROWTH 256u /* bytes that a content may grow by in one change */

static struct pieces ours, theirs; /* large: not for the stack */

/* A generator of its own: rand() may be what is being fuzzed. */
static uint32_t next(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* The content moves to the end of the room, where it can grow. */
static void vary_content(struct pieces *pieces, struct piece *piece)
{
    size_t left = PIECES_BYTES - pieces->used;

    if (left < piece->length + GROWTH)
        return;
    memcpy(pieces->room + pieces->used, pieces->room + piece->at, piece->length);
    piece->at = pieces->used;
    piece->length = LLVMFuzzerMutate(pieces->room + piece->at, piece->length,
                                     piece->length + GROWTH);
    pieces->used += piece->length;
}

static void insert(struct pieces *pieces, size_t at, struct piece piece)
{
    if (pieces->count == PIECES_MAX)
        return;
    memmove(&pieces->list[at + 1], &pieces->list[at],
            (pieces->count - at) * sizeof(pieces->list[0]));
    pieces->list[at] = piece;
    pieces->count++;
}

static void leave_out(struct pieces *pieces, size_t at)
{
    pieces->count--;
    memmove(&pieces->list[at], &pieces->list[at + 1],
            (pieces->count - at) * sizeof(pieces->list[0]));
}

void pieces_vary(struct pieces *pieces, unsigned seed)
{
    if (pieces->count == 0)
        return;
    size_t at = next(&seed) % pieces->count, to = next(&seed) % pieces->count;
    struct piece *piece = &pieces->list[at], kept = *piece;

    switch (next(&seed) % 16) {
    case 0: insert(pieces, to, kept); break;
    case 1: leave_out(pieces, at); break;
    case 2:
        *piece = pieces->list[to];
        pieces->list[to] = kept;
        break;
    case 3: piece->head[next(&seed) % PIECE_HEAD_BYTES] = (uint8_t)next(&seed); break;
    case 4: piece->head[next(&seed) % PIECE_HEAD_BYTES] ^= (uint8_t)(1u << next(&seed) % 8); break;
    case 5: piece->length = next(&seed) % (piece->length + 1); break;
    default: vary_content(pieces, piece);
    }
}

void pieces_splice(struct pieces *pieces, const struct pieces *other, unsigned seed)
{
    if (other->count == 0)
        return;
    size_t from = next(&seed) % other->count, to = next(&seed) % (pieces->count + 1);
    size_t count = 1 + next(&seed) % 4;

    for (size_t i = from; i < other->count && i < from + count; i++, to++) {
        const struct piece *piece = &other->list[i];
        if (pieces_add(pieces, piece->head, other->room + piece->at, piece->length) == NULL)
            return;
        struct piece added = pieces->list[--pieces->count];
        insert(pieces, to, added);
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
    pieces_clear(&ours);
    pieces_form.take(&ours, data, size);
    if (ours.count == 0 || next(&seed) % 16 == 0)
        return LLVMFuzzerMutate(data, size, room);
    for (unsigned left = 1 + next(&seed) % 3; left > 0; left--)
        pieces_vary(&ours, next(&seed));
    size_t length = pieces_form.put(&ours, data, room, next(&seed));
    return length != 0 ? length : 1;
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *data, size_t size, const uint8_t *other,
                                 size_t other_size, uint8_t *out, size_t room, unsigned seed)
{
    pieces_clear(&ours);
    pieces_clear(&theirs);
    pieces_form.take(&ours, data, size);
    pieces_form.take(&theirs, other, other_size);
    pieces_splice(&ours, &theirs, next(&seed));
    return pieces_form.put(&ours, out, room, next(&seed));
}
