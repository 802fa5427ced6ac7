/* tests/fuzz/pieces.h - inputs that are lists of pieces, and how they are varied */
/* SPDX-License-Identifier: MIT */

/*
 * libFuzzer varies bytes. A file whose bytes are summed and counted elsewhere, as those of a trace
 * file, would hardly ever be read beyond the first check then. So an input is taken apart into
 * pieces, the list or the content of one piece is varied, and the input is put together again with
 * sizes and checksums that are right:
 *
 *   input --take--> pieces --pieces_vary--> pieces --put--> input
 *
 * Threads: one. Memory: contents stand in the list's own room, until the next pieces_clear().
 */
#ifndef NPNTRACE_TESTS_FUZZ_PIECES_H
#define NPNTRACE_TESTS_FUZZ_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PIECES_MAX 128u
#define PIECES_BYTES (1u << 19) /* of all contents together */
#define PIECE_HEAD_BYTES 8u

struct piece {
    uint8_t head[PIECE_HEAD_BYTES]; /* what it is, as the harness understands it */
    size_t at, length;              /* of its content in the room */
};

struct pieces {
    struct piece list[PIECES_MAX];
    size_t count;
    size_t used;
    uint8_t room[PIECES_BYTES];
};

void pieces_clear(struct pieces *pieces);

/* A piece at the end with a copy of the content; without one (NULL) its bytes are zero. Returns
 * where it is, NULL: there is no room. */
uint8_t *pieces_add(struct pieces *pieces, const uint8_t head[PIECE_HEAD_BYTES],
                    const void *content, size_t length);

/* One change of chance: of a content (mostly), of a head, of the list. */
void pieces_vary(struct pieces *pieces, unsigned seed);

/* Takes pieces of another list into this one, at a place of chance. */
void pieces_splice(struct pieces *pieces, const struct pieces *other, unsigned seed);

/* How a harness takes its inputs apart, and puts them together. */
struct pieces_form {
    void (*take)(struct pieces *pieces, const uint8_t *data, size_t size);
    size_t (*put)(const struct pieces *pieces, uint8_t *out, size_t room, unsigned seed);
};

/* The harness's own. pieces_vary.c has libFuzzer's two functions for inputs of this form. One input
 * in sixteen is varied as plain bytes: what is wrong on the outside matters, too. */
extern const struct pieces_form pieces_form;

#endif
