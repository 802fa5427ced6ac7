dnl protobuf-c: profiles for pprof; its compiler makes C of viewer/pprof.proto.
dnl SPDX-License-Identifier: MIT
AC_DEFUN([NPNTRACE_PROTOBUF_C], [
NPNTRACE_NEED_HEADER([protobuf-c/protobuf-c.h], [protobuf-c], [libprotobuf-c-dev])
NPNTRACE_NEED_LIB([PROTOBUF_C_LIBS], [protobuf_c_message_pack], [protobuf-c], [protobuf-c],
    [libprotobuf-c-dev])
AC_PATH_PROG([PROTOC_C], [protoc-c])
AS_IF([test "x$PROTOC_C" = x],
    [AC_MSG_ERROR([protobuf-c is required: no protoc-c; Debian package: protobuf-c-compiler])])
])
