//! The raw Node-API: every call of it goes through here, as `api.call(.napi_…, .{…})`.
//!
//! On Linux and macOS the functions are undefined symbols, found when the addon is loaded. On Windows an import would
//! name the executable, which is not always node.exe; so they are looked up in whatever process this is.
//!
//! Only functions of Node-API 8 and older: a newer one would keep the addon from loading on Linux.

const std = @import("std");
const builtin = @import("builtin");

pub const c = @import("c");

/// The functions in use.
const Function = enum {
    napi_add_finalizer,
    napi_call_function,
    napi_check_object_type_tag,
    napi_create_arraybuffer,
    napi_create_async_work,
    napi_create_bigint_uint64,
    napi_create_double,
    napi_create_error,
    napi_create_external_arraybuffer,
    napi_create_function,
    napi_create_int32,
    napi_create_object,
    napi_create_promise,
    napi_create_reference,
    napi_create_string_latin1,
    napi_create_string_utf8,
    napi_create_typedarray,
    napi_define_properties,
    napi_delete_async_work,
    napi_delete_reference,
    napi_detach_arraybuffer,
    napi_get_and_clear_last_exception,
    napi_get_array_length,
    napi_get_boolean,
    napi_get_cb_info,
    napi_get_element,
    napi_get_named_property,
    napi_get_reference_value,
    napi_get_typedarray_info,
    napi_get_undefined,
    napi_get_value_bigint_uint64,
    napi_get_value_bool,
    napi_get_value_double,
    napi_get_value_string_utf16,
    napi_get_value_string_utf8,
    napi_is_exception_pending,
    napi_is_typedarray,
    napi_queue_async_work,
    napi_reject_deferred,
    napi_resolve_deferred,
    napi_set_instance_data,
    napi_set_named_property,
    napi_throw,
    napi_type_tag_object,
    napi_typeof,
    napi_unwrap,
    napi_wrap,
};

const is_windows = builtin.os.tag == .windows;

/// Filled once with the same pointers whichever thread does it; see `load`.
var table: if (is_windows) [std.enums.values(Function).len]*const anyopaque else void = undefined;

pub inline fn call(comptime function: Function, arguments: anytype) c.napi_status {
    const Signature = @TypeOf(@field(c, @tagName(function)));
    const pointer: *const Signature = if (is_windows)
        @ptrCast(@alignCast(table[@backingInt(function)]))
    else
        &@field(c, @tagName(function));
    return @call(.auto, pointer, arguments);
}

/// Finds the functions. False where this process has no Node-API.
pub fn load() bool {
    if (!is_windows) return true;
    for (windows.hosts) |name| {
        const host = windows.GetModuleHandleW(name) orelse continue;
        if (loadFrom(host)) return true;
    }
    return false;
}

fn loadFrom(host: *anyopaque) bool {
    for (&table, std.enums.values(Function)) |*entry, function| {
        entry.* = windows.GetProcAddress(host, @tagName(function)) orelse return false;
    }
    return true;
}

const windows = struct {
    /// The executable itself, then what embedders name the library.
    const hosts = [_]?[*:0]const u16{
        null,
        std.unicode.utf8ToUtf16LeStringLiteral("libnode.dll"),
        std.unicode.utf8ToUtf16LeStringLiteral("node.dll"),
    };

    extern "kernel32" fn GetModuleHandleW(?[*:0]const u16) callconv(.winapi) ?*anyopaque;
    extern "kernel32" fn GetProcAddress(*anyopaque, [*:0]const u8) callconv(.winapi) ?*const anyopaque;
};
