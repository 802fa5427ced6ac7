/* tests/unit/viewer-contract-verbs.c - what the verbs print of what changes hands, and of misuse */
/* SPDX-License-Identifier: MIT */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/viewer_contract.h"
#include "tests/unit/viewer_verbs.h"

static size_t frames(const json_t *json, const char *key)
{
    const json_t *stack = json_object_get(json, key);

    assert_true(json_is_array(stack));
    return json_array_size(stack);
}

/* The element of a list with this value. */
static json_t *element_with(const json_t *list, const char *key, const char *value)
{
    size_t index;
    json_t *element;

    json_array_foreach(list, index, element)
    {
        const char *has = verbs_string(element, key);
        if (has != NULL && strcmp(has, value) == 0)
            return element;
    }
    fail_msg("no element with %s %s", key, value);
    return NULL;
}

/* ---- findings -------------------------------------------------------------------------------- */

static void assert_double_free(const json_t *finding)
{
    const json_t *owner = json_object_get(finding, "owner");

    assert_string_equal(verbs_string(finding, "plugin"), "libnpfirst.so");
    assert_int_equal(verbs_number(finding, "instance"), 2);
    assert_string_equal(verbs_string(finding, "mime"), "application/x-two");
    assert_int_equal(verbs_number(finding, "count"), 3);
    assert_string_equal(verbs_string(finding, "address"), "0x750000");
    assert_int_equal(verbs_number(finding, "size"), 32);
    assert_int_equal(frames(finding, "stack"), 2);
    assert_int_equal(frames(finding, "allocated_by"), 2);
    assert_int_equal(frames(finding, "released_by"), 2);
    assert_string_equal(verbs_string(owner, "plugin"), "libnpfirst.so");
    assert_string_equal(verbs_string(owner, "origin"), "NPN_MemAlloc");
    assert_non_null(strstr(verbs_string(finding, "text"), "released before. A block is released"));
}

static void assert_others(const json_t *list)
{
    const json_t *finding = element_with(list, "kind", "free-of-others");
    const json_t *owner = json_object_get(finding, "owner");

    assert_string_equal(verbs_string(owner, "plugin"), "libnpsecond.so");
    assert_string_equal(verbs_string(owner, "origin"), "NPN_UTF8FromIdentifier");
    assert_true(json_is_null(json_object_get(finding, "released_by")));
    finding = element_with(list, "kind", "call-off-thread");
    assert_string_equal(verbs_string(finding, "function"), "NPN_ReleaseObject");
    assert_non_null(strstr(verbs_string(finding, "note"), "by the browser's doing"));
    assert_true(json_is_null(json_object_get(finding, "instance")));
    assert_true(json_is_null(json_object_get(finding, "address")));
    assert_true(json_is_null(json_object_get(finding, "allocated_by")));
    finding = element_with(list, "kind", "flush-spins");
    assert_int_equal(verbs_number(finding, "times"), 64);
    finding = element_with(list, "kind", "result-not-memalloc");
    assert_string_equal(verbs_string(finding, "way"), "form value of NPP_GetValue");
    finding = element_with(list, "kind", "object-outlived-instance");
    assert_int_equal(verbs_number(finding, "refs"), 2);
    assert_string_equal(verbs_string(json_object_get(finding, "owner"), "origin"),
                        "NPN_CreateObject");
}

static void findings_as_json(void **state)
{
    struct made *made = contract_with_findings();

    (void)state;
    for (int as_trace = 0; as_trace < 2; as_trace++) {
        verbs_save(made, as_trace);
        json_t *json = verbs_run_json(verb_findings, NULL);
        const json_t *list = json_object_get(json, "findings");
        assert_string_equal(verbs_string(json, "format"), "npntrace-findings-1");
        assert_true(json_is_true(json_object_get(json, "complete")));
        assert_int_equal(json_array_size(list), CONTRACT_FINDINGS + 1);
        assert_double_free(element_with(list, "kind", "double-free"));
        assert_others(list);
        json_decref(json);
        json = verbs_run_json(verb_findings, "--limit=2");
        assert_int_equal(json_array_size(json_object_get(json, "findings")), 2);
        json_decref(json);
    }
    made_free(made);
}

static void findings_as_text(void **state)
{
    static const char *const all[] = {
        "7 findings in 2 plug-ins.\n",
        "Double free, 3 times: libnpfirst.so #2 application/x-two, after ",
        "The first time: NPN_MemFree of the block 0x750000 (32 bytes), which was released before.",
        "The rule: A block is released once",
        "instance #2, application/x-two, created after ",
        "Where it happened:",
        "It came from NPN_MemAlloc, to libnpfirst.so #2 application/x-two, after ",
        "It was released before:",
        "It came from NPN_UTF8FromIdentifier, to libnpsecond.so #3 application/x-three, after ",
        "The last reference was taken:",
        "destroyed after ",
        "Next: npntrace events --plugin=libnpfirst.so",
        NULL};
    static const char *const one[] = {"in 2 plug-ins", "... and 3 more; --limit=0 shows all", NULL};
    struct made *made = contract_with_findings();

    (void)state;
    verbs_save(made, true);
    assert_int_equal(verbs_run(verb_findings, NULL, NULL), STATUS_GOOD);
    verbs_assert_printed(all);
    assert_ptr_equal(strstr(verbs_text(), "7 findings"), verbs_text());
    assert_int_equal(verbs_run(verb_findings, "--plugin=libnpsecond", "--limit=1"), STATUS_GOOD);
    verbs_assert_printed(one);
    assert_null(strstr(verbs_text(), "Double free"));
    made_free(made);
}

/* 0 without a finding, 1 with one, 2 where nobody can tell. */
static void failing_on_a_finding(void **state)
{
    struct made *made = made_example();

    (void)state;
    verbs_save(made, true);
    assert_int_equal(verbs_run(verb_findings, "--fail-on-finding", NULL), STATUS_GOOD);
    verbs_assert_printed((const char *const[]){"No finding.\n", NULL});
    made->header->unlisted_findings = 4;
    verbs_save(made, true);
    assert_int_equal(verbs_run(verb_findings, "--fail-on-finding", NULL), STATUS_FOUND);
    verbs_assert_printed(
        (const char *const[]){"Not listed: misuse that was seen 4 times more", NULL});
    verbs_save_unfinished(made);
    assert_int_equal(verbs_run(verb_findings, NULL, NULL), STATUS_GOOD);
    verbs_assert_printed((const char *const[]){"No finding so far.\n", "breaks off", NULL});
    assert_int_equal(verbs_run(verb_findings, "--fail-on-finding", NULL), STATUS_TROUBLE);
    made_free(made);

    made = contract_with_findings();
    verbs_save(made, false);
    assert_int_equal(verbs_run(verb_findings, "--fail-on-finding", NULL), STATUS_FOUND);
    assert_int_equal(verbs_run(verb_findings, NULL, NULL), STATUS_GOOD);
    made_free(made);
}

/* ---- the other verbs ------------------------------------------------------------------------- */

static void leaks_as_json(void **state)
{
    struct made *made = contract_with_findings();

    (void)state;
    verbs_save(made, true);
    json_t *json = verbs_run_json(verb_leaks, NULL);
    const json_t *list = json_object_get(json, "leaks"), *leak = json_array_get(list, 0);
    const json_t *instance = json_array_get(json_object_get(leak, "instances"), 0);
    assert_int_equal(verbs_number(json, "blocks"), 103);
    assert_int_equal(verbs_number(json, "received_blocks"), 102);
    assert_int_equal(verbs_number(json, "objects"), 1);
    assert_int_equal(verbs_number(leak, "blocks"), 100);
    assert_string_equal(verbs_string(leak, "domain"), "npn");
    assert_string_equal(verbs_string(leak, "origin"), "NPN_UTF8FromIdentifier");
    assert_string_equal(verbs_string(leak, "kind"), "outlived-instance");
    assert_int_equal(verbs_number(instance, "serial"), 1);
    assert_string_equal(verbs_string(instance, "mime"), "application/x-one");
    assert_string_equal(verbs_string(instance, "page"), "http://example.org/");
    assert_true(verbs_number(instance, "destroyed_ns") > verbs_number(instance, "created_ns"));
    leak = element_with(list, "domain", "object");
    assert_string_equal(verbs_string(leak, "origin"), "NPN_CreateObject");
    assert_int_equal(verbs_number(leak, "blocks"), 0);
    assert_int_equal(verbs_number(leak, "objects"), 1);
    assert_int_equal(verbs_number(leak, "refs"), 2);
    assert_int_equal(frames(leak, "last_retained_by"), 2);
    leak = element_with(list, "plugin", "libnpsecond.so");
    assert_string_equal(verbs_string(leak, "origin"), "NPN_MemAlloc");
    assert_non_null(verbs_string(leak, "remark"));
    json_decref(json);
    made_free(made);
}

static void leaks_as_text(void **state)
{
    static const char *const lines[] = {
        "4 leaks: 103 blocks, 1.3 KiB, and 1 object.\n",
        "100 identifier strings (NPN_UTF8FromIdentifier), 1.2 KiB, outlived its instance: "
        "libnpfirst.so, after ",
        "instance #1, application/x-one on http://example.org/, created after ",
        "2 identifier strings (NPN_UTF8FromIdentifier), 24 B, live at exit: libnpfirst.so",
        "1 object held with 2 references (NPN_CreateObject), outlived its instance: libnpfirst.so",
        "The last reference was taken:",
        "Set as a result by a function that returned false",
        NULL};
    struct made *made = contract_with_findings();

    (void)state;
    verbs_save(made, false);
    assert_int_equal(verbs_run(verb_leaks, "--fail-on-leak", NULL), STATUS_FOUND);
    verbs_assert_printed(lines);
    made_free(made);
}

static void report(void **state)
{
    static const char *const lines[] = {
        "libnpsecond.so did not free 1 block, 64 B. 102 blocks that the browser gave to be "
        "released never were. 1 object held to the end. 7 findings about misuse of the API.\n",
        "libnpfirst.so: 2 blocks handed over to the browser, to be freed there.",
        "libnpfirst.so: 105 blocks received from the browser, 102 of them not released.",
        "Next: npntrace findings", NULL};
    struct made *made = contract_with_findings();

    (void)state;
    verbs_save(made, true);
    assert_int_equal(verbs_run(verb_report, NULL, NULL), STATUS_GOOD);
    verbs_assert_printed(lines);
    json_t *json = verbs_run_json(verb_report, NULL);
    const json_t *npn = json_object_get(json_object_get(json, "totals"), "npn");
    assert_int_equal(verbs_number(json, "findings"), 7);
    assert_int_equal(verbs_number(npn, "received_blocks"), 105);
    assert_int_equal(verbs_number(npn, "received_live_blocks"), 102);
    assert_int_equal(verbs_number(npn, "handed_over"), 2);
    assert_int_equal(verbs_number(npn, "live_blocks"), 1);
    json_decref(json);
    made_free(made);
}

/* What was done on demand is said by every verb, before the numbers. */
static void what_if(void **state)
{
    static const char *const lines[] = {"What-if: Chosen NPN_MemAlloc calls were made to fail",
                                        "had red zones", "5 NPN_MemAlloc calls returned NULL",
                                        NULL};
    int (*const verbs[])(int, char **) = {verb_report, verb_leaks, verb_findings, verb_info};
    struct made *made = contract_example();

    (void)state;
    made->header->whatif = RING_WHATIF_FAIL | RING_WHATIF_CHECK;
    made->header->injected_failures = 5;
    for (int as_trace = 0; as_trace < 2; as_trace++) {
        verbs_save(made, as_trace);
        for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
            assert_int_equal(verbs_run(verbs[i], NULL, NULL), STATUS_GOOD);
            verbs_assert_printed(lines);
            assert_null(strstr(verbs_text(), "budget"));
            json_t *json = verbs_run_json(verbs[i], NULL);
            const json_t *whatif = json_object_get(json, "whatif");
            assert_int_equal(json_array_size(whatif), 2);
            assert_string_equal(json_string_value(json_array_get(whatif, 1)), "check");
            json_decref(json);
        }
    }
    made_free(made);
}

static void events_as_text(void **state)
{
    static const char *const lines[] = {
        "received 0x600000, 12 bytes: NPN_UTF8FromIdentifier",
        "handed over 0x710000, 40 bytes: result string of a callback",
        "released 0x730000, 7 bytes: NPN_ReleaseVariantValue",
        "object 0x900000: NPN_CreateObject, 1 held",
        "object 0x900000: NPN_RetainObject, 2 held",
        "object 0x901000: NPN_ReleaseObject, 0 held",
        NULL};
    struct made *made = contract_example();

    (void)state;
    verbs_save(made, true);
    assert_int_equal(verbs_run(verb_events, NULL, NULL), STATUS_GOOD);
    verbs_assert_printed(lines);
    assert_int_equal(verbs_run(verb_events, "--type=object,npn-handed-over", NULL), STATUS_GOOD);
    assert_null(strstr(verbs_text(), "received"));
    assert_int_equal(verbs_run(verb_events, "--json", "--type=object,npn-handed-over"),
                     STATUS_GOOD);
    json_t *json = verbs_line_with("0x720000");
    assert_string_equal(verbs_string(json, "type"), "npn-handed-over");
    assert_string_equal(verbs_string(json, "way"), "result string of a callback");
    assert_string_equal(verbs_string(json_object_get(json, "allocated_by"), "origin"),
                        "result string");
    json_decref(json);
    json = verbs_line_with("\"NPN_RetainObject\"");
    assert_int_equal(verbs_number(json, "held"), 2);
    json_decref(json);
    made_free(made);
}

static void info_and_check(void **state)
{
    static const char *const info[] = {"contract   7 findings, 1 object held at the end",
                                       "105 npn-received, 1 npn-released, 2 npn-handed-over, 4 "
                                       "object",
                                       NULL};
    static const char *const check[] = {"OK", "103 live blocks, 1 object held, 6 findings", NULL};
    struct made *made = contract_with_findings();

    (void)state;
    for (int as_trace = 0; as_trace < 2; as_trace++) {
        verbs_save(made, as_trace);
        assert_int_equal(verbs_run(verb_info, NULL, NULL), STATUS_GOOD);
        verbs_assert_printed(info);
        assert_int_equal(verbs_run(verb_check, NULL, NULL), STATUS_GOOD);
        verbs_assert_printed(check);
        json_t *json = verbs_run_json(verb_info, NULL);
        assert_int_equal(verbs_number(json, "findings"), 7);
        assert_int_equal(verbs_number(json, "objects_held"), 1);
        assert_int_equal(verbs_number(json_object_get(json, "events_by_type"), "npn-received"),
                         105);
        json_decref(json);
    }
    verbs_save_unfinished(made);
    json_t *json = verbs_run_json(verb_info, NULL);
    assert_true(json_is_null(json_object_get(json, "findings")));
    json_decref(json);
    made_free(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(findings_as_json),
        cmocka_unit_test(findings_as_text),
        cmocka_unit_test(failing_on_a_finding),
        cmocka_unit_test(leaks_as_json),
        cmocka_unit_test(leaks_as_text),
        cmocka_unit_test(report),
        cmocka_unit_test(what_if),
        cmocka_unit_test(events_as_text),
        cmocka_unit_test(info_and_check),
    };
    return cmocka_run_group_tests_name("viewer-contract-verbs", tests, verbs_set_up,
                                       verbs_tear_down);
}
