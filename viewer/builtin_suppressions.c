/* viewer/builtin_suppressions.c - what libraries keep for as long as they are loaded */
/* SPDX-License-Identifier: MIT */

#include "viewer/builtin_suppressions.h"
#include "viewer/recording.h"

#include <fnmatch.h>

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})
#define LOADER "ld-linux*", "ld-*.so*", "ld64*", "ld.so*"
#define C_LIBRARY "libc.so*", "libc-2*", "libpthread.so*", "libpthread-2*", "libdl.so*", "libdl-2*"
#define CPP_LIBRARY "libstdc++.so*", "libgcc_s.so*", "libc++.so*", "libc++abi.so*"
#define GLIB                                                                                       \
    "libglib-2.0.so*", "libgobject-2.0.so*", "libgio-2.0.so*", "libgmodule-2.0.so*",               \
        "libgthread-2.0.so*"
#define QT "libQt5*.so*", "libQt6*.so*", "libQtCore.so*", "libQtGui.so*"

static const char *const runtime[] = {LOADER, C_LIBRARY, NULL};
static const char *const any[] = {"*", NULL};

/* Sources are named where a behaviour is not in a manual. */
const struct builtin_suppression builtin_suppressions[] = {
    /* glibc elf/dl-object.c, elf/dl-tls.c: link maps, and variables of threads that the C library
     * keeps with the threads' stacks. */
    {"the loader, and memory of threads", LIST(LOADER), NULL, NULL},
    {"constructors of C++, GLib and Qt libraries", LIST(LOADER), NULL, LIST(CPP_LIBRARY, GLIB, QT)},
    {"reserve memory for C++ exceptions", LIST(CPP_LIBRARY),
     LIST("*eh_alloc*", "*::pool::pool*", "__cxa_get_globals"), NULL},
    {"C++ standard locale", LIST(CPP_LIBRARY),
     LIST("std::locale::classic*", "std::locale::_S_initialize*", "std::locale::_Impl::_M_install*",
          "std::ios_base::Init::Init*"),
     NULL},
    {"locales", LIST(C_LIBRARY),
     LIST("setlocale", "__GI_setlocale", "_nl_find_locale", "_nl_load_locale*",
          "_nl_intern_locale_data", "_nl_expand_alias", "_nl_postload*"),
     NULL},
    {"time zones", LIST(C_LIBRARY),
     LIST("tzset*", "__tzset*", "__tz_convert", "__tzfile_*", "localtime*", "__localtime*",
          "mktime*", "__mktime*", "timelocal*", "strftime*", "__strftime*"),
     NULL},
    {"translations", LIST(C_LIBRARY),
     LIST("*bindtextdomain*", "*textdomain", "*dcigettext", "*dcgettext", "*dgettext", "gettext",
          "_nl_find_domain", "_nl_load_domain*"),
     NULL},
    {"character conversion", LIST(C_LIBRARY),
     LIST("__gconv_load_*", "__gconv_read_conf", "__gconv_find_transform", "__gconv_find_shlib",
          "__gconv_lookup_cache", "__gconv_get_alias_db", "__wcsmbs_load_conv"),
     NULL},
    {"name services", LIST(C_LIBRARY),
     LIST("getpwnam", "getpwuid", "getgrnam", "getgrgid", "gethostby*", "getservby*", "getprotoby*",
          "__nss_*", "nss_*", "__resolv_conf_*", "__resolv_context_*", "__res_vinit"),
     NULL},
    {"exit handlers", LIST(C_LIBRARY),
     LIST("__new_exitfn", "*__cxa_atexit*", "atexit", "on_exit", "__cxa_thread_atexit_impl",
          "__cxa_at_quick_exit", "at_quick_exit"),
     NULL},
    {"texts of errors and signals", LIST(C_LIBRARY),
     LIST("strerror*", "__strerror*", "strsignal*", "dlerror*", "__dlerror*", "_dlerror_run"),
     NULL},
    {"buffers of streams", LIST(C_LIBRARY),
     LIST("_IO_file_doallocate*", "__GI__IO_file_doallocate*"), NULL},
    {"data of threads", LIST(C_LIBRARY), LIST("*pthread_setspecific*"), NULL},
    {"GLib's quarks and interned strings", LIST(GLIB),
     LIST("g_quark_from*", "g_intern_*", "quark_*"), NULL},
    {"GLib's types", LIST(GLIB),
     LIST("g_type_register_*", "g_type_add_*", "g_type_interface_add_prerequisite",
          "g_enum_register_static", "g_flags_register_static", "g_boxed_type_register_static",
          "g_pointer_type_register_static", "g_value_register_transform_func", "g_signal_new*",
          "gobject_init*", "g_type_init*"),
     NULL},
    {"GLib's classes", LIST(GLIB),
     LIST("g_type_class_ref", "g_type_default_interface_ref", "type_class_init_Wm"), any},
    {"GLib's data of threads", LIST(GLIB),
     LIST("g_thread_self", "g_private_get", "g_private_set", "thread_memory_from_self",
          "g_main_context_default"),
     NULL},
    {"GLib's settings of the user", LIST(GLIB),
     LIST("g_get_user_*", "g_get_home_dir", "g_get_real_name", "g_get_host_name", "g_get_tmp_dir",
          "g_get_system_*_dirs", "g_get_language_names*", "g_get_charset*",
          "g_get_filename_charsets", "g_get_prgname", "g_set_prgname"),
     NULL},
    {"GLib's modules", LIST(GLIB),
     LIST("_g_io_module_get_default*", "_g_io_modules_ensure*", "g_io_modules_scan_all*",
          "g_vfs_get_default", "g_resources_get_info*"),
     NULL},
    {"Qt's static objects", LIST(QT), LIST("*Q_QGS_*", "*Q_QAFS_*", "*Q_QAS_*"), LIST(CPP_LIBRARY)},
    {"Qt's types", LIST(QT),
     LIST("QMetaType::register*", "QMetaType::idHelper*", "qRegisterMetaType*",
          "QMetaTypeInterfaceRegistry::*"),
     LIST(CPP_LIBRARY)},
    {"Qt's resources and plug-ins", LIST(QT),
     LIST("qRegisterResourceData*", "qRegisterStaticPluginFunction*", "qAddPostRoutine*",
          "QFactoryLoader::*", "QLibraryStore::findOrCreate*", "QLibraryPrivate::findOrCreate*",
          "QCoreApplication::libraryPaths*"),
     LIST(CPP_LIBRARY)},
    {"Qt's data of threads", LIST(QT),
     LIST("QThreadData::current*", "QThreadData::get2*", "QThreadStorageData::*",
          "QThread::currentThread*", "QMutexPool::*"),
     LIST(CPP_LIBRARY)},
    {"Qt's locales, codecs and fonts", LIST(QT),
     LIST("QTextCodec::codecFor*", "QLocale::system*", "QLocalePrivate::updateSystemPrivate*",
          "QFontDatabase::createDatabase*", "initializeDb*", "QTimeZone::systemTimeZone*",
          "QLoggingRegistry::*", "QLoggingCategory::init*"),
     LIST(CPP_LIBRARY)},
};
const size_t builtin_suppression_count =
    sizeof(builtin_suppressions) / sizeof(builtin_suppressions[0]);
_Static_assert(sizeof(builtin_suppressions) / sizeof(builtin_suppressions[0]) <= BUILTIN_MAX,
               "a bit each");

static bool fits_one(const char *const *globs, const char *text)
{
    for (; globs != NULL && *globs != NULL; globs++)
        if (fnmatch(*globs, text, 0) == 0)
            return true;
    return false;
}

uint64_t builtin_suppressions_fit(const struct names_line *line)
{
    uint64_t bits = 0;

    if (line->module == NULL || line->module[0] == '\0')
        return 0;
    const char *file = recording_base_name(line->module);
    for (size_t i = 0; i < builtin_suppression_count; i++) {
        const struct builtin_suppression *entry = &builtin_suppressions[i];
        bool by_function = entry->functions == NULL ||
                           (line->function != NULL && fits_one(entry->functions, line->function));
        if (by_function && fits_one(entry->modules, file))
            bits |= UINT64_C(1) << i;
    }
    return bits;
}

uint64_t builtin_suppressions_allow(const char *module)
{
    uint64_t bits = 0;

    if (module == NULL || module[0] == '\0')
        return 0;
    const char *file = recording_base_name(module);
    if (fits_one(runtime, file))
        return UINT64_MAX;
    for (size_t i = 0; i < builtin_suppression_count; i++)
        if (fits_one(builtin_suppressions[i].modules, file) ||
            fits_one(builtin_suppressions[i].inner, file))
            bits |= UINT64_C(1) << i;
    return bits;
}

bool builtin_suppressions_is_runtime(const char *module)
{
    static const char *const list[] = {LOADER, C_LIBRARY, CPP_LIBRARY, NULL};

    return module != NULL && fits_one(list, recording_base_name(module));
}
