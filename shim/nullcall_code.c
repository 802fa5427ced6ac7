/* shim/nullcall_code.c - which word of memory a call went through, told from the machine's state */
/* SPDX-License-Identifier: MIT */

#include "shim/nullcall_code.h"

#include <string.h>

#include "tracer/sys.h"

#if defined(__x86_64__)

#define BACK_BYTES 64u /* of code that are looked at */
#define CALL_MOST_BYTES 8u

#define REX_FIRST 0x40
#define REX_LAST 0x4f
#define REX_W 8
#define REX_R 4
#define REX_X 2
#define REX_B 1
#define OPCODE_GROUP 0xff /* with 2 in the register's place: a call */
#define OPCODE_LOAD 0x8b
#define GROUP_CALL 2
#define MODE_REGISTER 3
#define REGISTER_SIB 4 /* in the place of a base: a byte with base and index follows */
#define REGISTER_RBP 5 /* in that place, without displacement: none */

static const int numbers[NULLCALL_REGISTERS] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX,
                                                REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                                REG_R8,  REG_R9,  REG_R10, REG_R11,
                                                REG_R12, REG_R13, REG_R14, REG_R15};

bool nullcall_read(const ucontext_t *context, struct nullcall_fault *ret_fault)
{
    const greg_t *registers = context->uc_mcontext.gregs;

    if (registers[REG_RIP] != 0)
        return false;
    for (unsigned i = 0; i < NULLCALL_REGISTERS; i++)
        ret_fault->registers[i] = (uint64_t)registers[numbers[i]];
    ret_fault->stack_pointer = (uint64_t)registers[REG_RSP];
    ret_fault->frame_pointer = (uint64_t)registers[REG_RBP];
    return sys_read_memory(ret_fault->stack_pointer, &ret_fault->return_address,
                           sizeof(ret_fault->return_address));
}

uint64_t nullcall_frame(const struct nullcall_fault *fault)
{
    uint64_t frame = fault->stack_pointer - sizeof(uint64_t);

    memcpy((void *)(uintptr_t)frame, &fault->frame_pointer, sizeof(fault->frame_pointer));
    return frame;
}

/* An instruction of one of the two kinds that matter. */
struct instruction {
    uint8_t opcode;
    unsigned reg;     /* of the second operand, or what further tells the opcode */
    unsigned rm;      /* MODE_REGISTER: of the first */
    bool is_register; /* no memory operand */
    uint64_t address; /* of the memory operand */
    unsigned bytes;
};

static int64_t displacement(const uint8_t *code, unsigned bytes)
{
    int32_t word = 0;

    if (bytes == 1)
        return (int8_t)code[0];
    if (bytes == sizeof(word))
        memcpy(&word, code, sizeof(word));
    return word;
}

/* The base and index of a byte that says both; *ret_absolute: there is no base. */
static uint64_t scaled(uint8_t sib, unsigned rex, unsigned mode, const uint64_t *registers,
                       bool *ret_absolute)
{
    unsigned index = (sib >> 3 & 7) | ((rex & REX_X) != 0 ? 8 : 0);
    unsigned base = (sib & 7) | ((rex & REX_B) != 0 ? 8 : 0);

    *ret_absolute = (sib & 7) == REGISTER_RBP && mode == 0;
    return (*ret_absolute ? 0 : registers[base]) +
           (index == REGISTER_SIB ? 0 : registers[index] << (sib >> 6));
}

/* Reads the instruction that begins at code, at address; there are at least 16 bytes. */
static void read_instruction(const uint8_t *code, uint64_t address, const uint64_t *registers,
                             struct instruction *ret)
{
    const uint8_t *at = code;
    unsigned rex = *at >= REX_FIRST && *at <= REX_LAST ? *at++ : 0;
    bool absolute = false;

    ret->opcode = *at++;
    unsigned mode = *at >> 6, low = *at & 7;
    ret->reg = (*at++ >> 3 & 7) | ((rex & REX_R) != 0 ? 8 : 0);
    ret->rm = low | ((rex & REX_B) != 0 ? 8 : 0);
    ret->is_register = mode == MODE_REGISTER;
    bool by_pc = mode == 0 && low == REGISTER_RBP;
    unsigned wide = mode == 1 ? 1 : mode == 2 || by_pc ? 4 : 0;
    ret->address = by_pc || ret->is_register ? 0 : registers[ret->rm];
    if (!ret->is_register && low == REGISTER_SIB)
        ret->address = scaled(*at++, rex, mode, registers, &absolute);
    if (absolute)
        wide = 4;
    ret->address += (uint64_t)displacement(at, wide);
    ret->bytes = (unsigned)(at + wide - code);
    if (by_pc)
        ret->address += address + ret->bytes;
}

/* Loads of a register, anywhere before the call. */
static unsigned add_loads(const uint8_t *code, uint64_t start, unsigned count, unsigned reg,
                          const struct nullcall_fault *fault, uint64_t *places, unsigned filled)
{
    struct instruction load;

    for (unsigned at = count; at-- > 0 && filled < NULLCALL_PLACES;) {
        if (code[at] < (REX_FIRST | REX_W) || code[at] > REX_LAST)
            continue;
        read_instruction(code + at, start + at, fault->registers, &load);
        if (load.opcode == OPCODE_LOAD && !load.is_register && load.reg == reg)
            places[filled++] = load.address;
    }
    return filled;
}

unsigned nullcall_places(const struct nullcall_fault *fault, uint64_t places[NULLCALL_PLACES])
{
    uint8_t code[BACK_BYTES + 16] = {0};
    uint64_t start = fault->return_address - BACK_BYTES;
    struct instruction call;
    unsigned filled = 0;

    if (!sys_read_memory(start, code, BACK_BYTES))
        return 0;
    for (unsigned back = 2; back <= CALL_MOST_BYTES && filled < NULLCALL_PLACES; back++) {
        unsigned at = BACK_BYTES - back;
        read_instruction(code + at, start + at, fault->registers, &call);
        if (call.bytes != back || call.opcode != OPCODE_GROUP || (call.reg & 7) != GROUP_CALL)
            continue;
        if (call.is_register)
            filled = add_loads(code, start, at, call.rm, fault, places, filled);
        else
            places[filled++] = call.address;
    }
    return filled;
}

#else

bool nullcall_read(const ucontext_t *context, struct nullcall_fault *ret_fault)
{
    (void)context, (void)ret_fault;
    return false;
}

unsigned nullcall_places(const struct nullcall_fault *fault, uint64_t places[NULLCALL_PLACES])
{
    (void)fault, (void)places;
    return 0;
}

uint64_t nullcall_frame(const struct nullcall_fault *fault)
{
    return fault->stack_pointer;
}

#endif
