/* shim/dlsym_gates.S - dlsym and dlvsym as seen by the host */
/* SPDX-License-Identifier: MIT */

/*
 * The loader's dlsym looks at its return address: RTLD_NEXT, RTLD_DEFAULT and the namespace depend
 * on who calls. So every call that is not for us goes on by a jump, with the host's return address
 * on the stack. Only names that begin with "NP_" are looked at closer (shim/dlsym.c says where to
 * jump), and all while a plug-in's library is waited for (shim/opened.h).
 */
#include "shim/assembler.h"

        .macro  gate name, original, filter
        function \name
        load_target \original
        go_if_no_target 1f
        go_if_set opened_pending, 1f
        go_unless_np 2f
1:      ask_target \filter
2:      go_on
        end     \name
        .endm

        gate    dlsym, originals, dlsym_filter
        gate    dlvsym, originals+8, dlvsym_filter
