/* viewer/export_ctf_metadata.c - the description of a trace, in the language of CTF 1.8 */
/* SPDX-License-Identifier: MIT */

#include "config.h"
#include "viewer/export_ctf.h"
#include "viewer/text.h"

#include <inttypes.h>
#include <stdlib.h>

#define NS_PER_S UINT64_C(1000000000)

static const unsigned fields[EVENT_TYPES] = {
    [EVENT_NPN_ALLOC] = CTF_ADDRESS | CTF_SIZE | CTF_CALLSTACK,
    [EVENT_NPN_FREE] = CTF_ADDRESS | CTF_SIZE | CTF_CALLSTACK,
    [EVENT_NPN_ELSEWHERE] = CTF_ADDRESS | CTF_SIZE,
    [EVENT_NPN_FLUSH] = CTF_SIZE | CTF_CALLSTACK,
    [EVENT_PLUGIN] = CTF_STEP | CTF_ERROR,
    [EVENT_INSTANCE] = CTF_STEP | CTF_ERROR,
    [EVENT_HEAP_ALLOC] = CTF_ADDRESS | CTF_SIZE | CTF_FUNCTION | CTF_CALLSTACK,
    [EVENT_HEAP_FREE] = CTF_ADDRESS | CTF_FUNCTION,
    [EVENT_NPN_RECEIVED] = CTF_ADDRESS | CTF_SIZE | CTF_ORIGIN | CTF_CALLSTACK,
    [EVENT_NPN_RELEASED] = CTF_ADDRESS | CTF_SIZE | CTF_CALLSTACK,
    [EVENT_NPN_HANDED] = CTF_ADDRESS | CTF_SIZE | CTF_WAY | CTF_CALLSTACK,
    [EVENT_OBJECT] = CTF_ADDRESS | CTF_SIZE | CTF_OBJECT | CTF_CALLSTACK,
};

unsigned export_ctf_fields(unsigned type)
{
    return type < EVENT_TYPES ? fields[type] : 0;
}

/* Texts come from files: control characters are question marks already. */
static void put_text(FILE *out, const char *text)
{
    putc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            putc('\\', out);
        putc(*text, out);
    }
    putc('"', out);
}

static void put_enum(FILE *out, const char *name, unsigned first, unsigned end,
                     const char *(*name_of)(unsigned))
{
    fprintf(out, "enum %s : uint8_t {\n\t\"\" = 0", name);
    for (unsigned i = first; i < end; i++) {
        const char *label = name_of(i);
        if (label == NULL)
            continue;
        fputs(",\n\t", out);
        put_text(out, label);
        fprintf(out, " = %u", i);
    }
    fputs("\n};\n", out);
}

static void put_plugins(const struct export_job *job, FILE *out)
{
    fputs("enum plugin : uint16_t {\n\t\"host\" = 0", out);
    for (uint32_t id = 1; id <= job->session->recording->plugin_count; id++) {
        char *name = export_plugin_name(job, LEAK_NPN, id);
        fputs(",\n\t", out);
        put_text(out, name);
        fprintf(out, " = %" PRIu32, id);
        free(name);
    }
    fputs("\n};\n", out);
}

static void put_types(FILE *out)
{
    static const unsigned bits[] = {8, 16, 32, 64};

    fputs("/* CTF 1.8 */\n", out);
    for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
        fprintf(out,
                "typealias integer { size = %u; align = 8; signed = false; } := uint%u_t;\n",
                bits[i], bits[i]);
    fputs("typealias integer { size = 64; align = 8; signed = false; base = 16; } := address_t;\n",
          out);
}

/* The clock is the host's CLOCK_MONOTONIC; its offset makes it that of the wall when recording
 * began. */
static void put_trace(const struct export_job *job, FILE *out)
{
    const struct recording *recording = job->session->recording;
    uint64_t start = recording->process.start_stamp;
    uint64_t offset = recording->process.start_realtime_ns > start
                          ? recording->process.start_realtime_ns - start
                          : 0;
    char *exe = text_printable(recording->process.exe), *command = export_command(job);

    fputs("trace {\n\tmajor = 1;\n\tminor = 8;\n\tbyte_order = le;\n"
          "\tpacket.header := struct { uint32_t magic; uint32_t stream_id; };\n};\n"
          "env {\n\ttracer_name = \"npntrace\";\n\ttracer_version = \"" PACKAGE_VERSION
          "\";\n\texe = ",
          out);
    put_text(out, exe);
    fputs(";\n\tcommand = ", out);
    put_text(out, command);
    fprintf(out, ";\n\tpid = %" PRIu32 ";\n};\n", recording->process.pid);
    fprintf(out,
            "clock {\n\tname = monotonic;\n\tfreq = 1000000000;\n\toffset_s = %" PRIu64
            ";\n\toffset = %" PRIu64 ";\n};\n",
            offset / NS_PER_S, offset % NS_PER_S);
    fputs("typealias integer { size = 64; align = 8; signed = false; "
          "map = clock.monotonic.value; } := stamp_t;\n",
          out);
    free(exe);
    free(command);
}

static void put_stream(FILE *out)
{
    fputs("stream {\n\tid = 0;\n"
          "\tpacket.context := struct { stamp_t timestamp_begin; stamp_t timestamp_end; "
          "uint64_t content_size; uint64_t packet_size; };\n"
          "\tevent.header := struct { uint8_t id; stamp_t timestamp; };\n"
          "\tevent.context := struct { uint32_t tid; enum plugin plugin; uint32_t instance; };\n"
          "};\n",
          out);
}

static void put_event(FILE *out, unsigned type)
{
    static const struct {
        unsigned bit;
        const char *declaration;
    } names[] = {
        {CTF_ADDRESS, "address_t address"}, {CTF_SIZE, "uint64_t size"},
        {CTF_FUNCTION, "enum function function"}, {CTF_ORIGIN, "enum origin origin"},
        {CTF_WAY, "enum way way"}, {CTF_OBJECT, "enum object_step step"},
        {CTF_STEP, "enum step step"}, {CTF_ERROR, "uint64_t error"},
        {CTF_CALLSTACK, "uint32_t callstack"},
    };

    fprintf(out, "event {\n\tname = \"%s\";\n\tid = %u;\n\tstream_id = 0;\n\tfields := struct {",
            event_type_name(type), type);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if ((fields[type] & names[i].bit) != 0)
            fprintf(out, " %s;", names[i].declaration);
    fputs(" };\n};\n", out);
}

void export_ctf_metadata(struct export_job *job, FILE *out)
{
    put_types(out);
    put_enum(out, "function", EVENT_FUNCTION_NONE + 1, EVENT_FUNCTIONS, event_function_name);
    put_enum(out, "origin", NPN_ORIGIN_ALLOC + 1, NPN_ORIGINS, npn_origin_name);
    put_enum(out, "way", NPN_WAY_NONE + 1, NPN_WAYS, npn_way_name);
    put_enum(out, "object_step", OBJECT_CREATED, OBJECT_STEPS, object_step_name);
    put_enum(out, "step", EVENT_STEP_MET, EVENT_STEPS, event_step_name);
    put_plugins(job, out);
    put_trace(job, out);
    put_stream(out);
    fprintf(out,
            "event {\n\tname = \"stack\";\n\tid = %u;\n\tstream_id = 0;\n"
            "\tfields := struct { uint32_t callstack; uint32_t frame_count; "
            "string frames[frame_count]; };\n};\n",
            EXPORT_CTF_STACK);
    for (unsigned type = 0; type < EVENT_TYPES; type++)
        if (fields[type] != 0)
            put_event(out, type);
}
