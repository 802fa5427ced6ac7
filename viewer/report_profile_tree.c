/* viewer/report_profile_tree.c - a tree of calls as lines of text */
/* SPDX-License-Identifier: MIT */

#include "viewer/report_profile_tree.h"
#include "viewer/paragraph.h"
#include "viewer/report_profile.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define CHILDREN_SHOWN 5
#define NAME_LEAST 12 /* columns of a name on a narrow terminal */

struct printing {
    const struct session *session;
    const struct profile_tree *tree;
    enum profile_column column;
    uint64_t whole;
    size_t depth, limit;
};

/* The percentage and the number before the name. */
static size_t print_number(const struct printing *printing, uint64_t number)
{
    double share = printing->whole == 0 ? 0 : 100.0 * (double)number / (double)printing->whole;
    struct text text =
        profile_columns[printing->column].is_bytes ? text_bytes(number) : text_count(number);
    int columns = printf("%5.1f%%  %10s  ", share, text.chars);

    return columns > 0 ? (size_t)columns : 0;
}

static void print_line(const struct printing *printing, const struct profile_node *node,
                       size_t indent)
{
    const struct terminal *terminal = &printing->session->terminal;
    size_t taken = print_number(printing, node->numbers.of[printing->column]);
    size_t most = terminal->width / 2; /* of the indentation */
    char *name = report_profile_node_name(node);

    indent = terminal->cut && indent * 2 > most ? most : indent * 2;
    taken += indent;
    if (terminal->cut) {
        char *cut = paragraph_cut(
            name, terminal->width > taken + NAME_LEAST ? terminal->width - taken : NAME_LEAST,
            false);
        free(name);
        name = cut;
    }
    printf("%*s", (int)indent, "");
    terminal_print(terminal, node->function != NULL ? TERMINAL_NAME : TERMINAL_PLAIN, "%s", name);
    putchar('\n');
    free(name);
}

static void print_rest(const struct printing *printing, const struct profile_node *node,
                       size_t shown, size_t indent)
{
    uint64_t rest = 0;

    for (size_t i = shown; i < node->child_count; i++)
        rest += printing->tree->nodes[node->children[i]].numbers.of[printing->column];
    print_number(printing, rest);
    printf("%*s", (int)indent * 2, "");
    terminal_print(&printing->session->terminal, TERMINAL_FAINT, "... in %s",
                   text_plural(node->child_count - shown, "more function").chars);
    putchar('\n');
}

static bool is_all_of(const struct printing *printing, const struct profile_node *child,
                      const struct profile_node *parent)
{
    return child->numbers.of[printing->column] == parent->numbers.of[printing->column];
}

static void print_children(const struct printing *printing, const struct profile_node *node,
                           size_t indent, size_t depth)
{
    size_t shown = node->child_count < printing->limit ? node->child_count : printing->limit;

    if (printing->depth != 0 && depth == printing->depth) {
        if (node->child_count != 0)
            print_rest(printing, node, 0, indent);
        return;
    }
    for (size_t i = 0; i < shown; i++) {
        const struct profile_node *child = &printing->tree->nodes[node->children[i]];
        if (child->numbers.of[printing->column] == 0) /* nor have those behind it */
            return;
        bool is_alone = child->child_count != 0 &&
                        is_all_of(printing, &printing->tree->nodes[child->children[0]], child);
        print_line(printing, child, indent);
        print_children(printing, child, is_alone ? indent : indent + 1, depth + 1);
    }
    if (shown < node->child_count)
        print_rest(printing, node, shown, indent);
}

void report_tree_print(const struct session *session, const struct profile_tree *tree,
                       uint32_t node, const char *title, enum profile_column column, size_t depth)
{
    const struct profile_node *top = &tree->nodes[node];
    struct printing printing = {
        .session = session,
        .tree = tree,
        .column = column,
        .whole = top->numbers.of[column],
        .depth = depth,
        .limit = session_limit(session, CHILDREN_SHOWN),
    };

    if (printing.whole == 0)
        return;
    putchar('\n');
    terminal_print(&session->terminal, TERMINAL_TITLE, "%s, by %s:", title,
                   profile_columns[column].title);
    putchar('\n');
    print_children(&printing, top, 0, 0);
}
