//! Keys as they come from JavaScript.

const std = @import("std");
const api = @import("api.zig");
const os = @import("../os.zig");
const values = @import("values.zig");
const c = api.c;
const Error = values.Error;
const Value = values.Value;

/// A key of a numeric table; `null` for what cannot be one.
pub fn numberOf(comptime Column: type, env: c.napi_env, key: Value) ?Column {
    var double: f64 = undefined;
    if (api.call(.napi_get_value_double, .{ env, key, &double }) == c.napi_ok) {
        return std.math.cast(Column, values.asInteger(double) orelse return null);
    }
    var integer: u64 = undefined;
    var lossless = false;
    const status = api.call(.napi_get_value_bigint_uint64, .{ env, key, &integer, &lossless });
    if (status != c.napi_ok or !lossless) return null;
    return std.math.cast(Column, integer);
}

/// A key as UTF-8, on the stack unless it is long.
pub const KeyText = struct {
    utf8: []const u8,
    kind: enum { string, bytes },
    pages: []align(os.page_alignment) u8,
    buffer: [buffer_size]u8,

    const buffer_size = 4096;
    /// Node-API converts whole characters only, so that it may leave so many bytes of room unused.
    const slack = 4;

    /// False for what is neither a string nor a Uint8Array.
    pub fn init(text: *KeyText, env: c.napi_env, key: Value) Error!bool {
        text.pages = &.{};
        text.kind = .string;
        var length: usize = undefined;
        const status = api.call(.napi_get_value_string_utf8, .{ env, key, &text.buffer, buffer_size, &length });
        if (status == c.napi_ok) {
            text.utf8 = text.buffer[0..length];
            if (length + slack >= buffer_size) try text.initLong(env, key);
            return true;
        }
        text.kind = .bytes;
        text.utf8 = values.bytesOf(env, key) orelse return false;
        return true;
    }

    fn initLong(text: *KeyText, env: c.napi_env, key: Value) Error!void {
        var length: usize = undefined;
        if (api.call(.napi_get_value_string_utf8, .{ env, key, null, 0, &length }) != c.napi_ok) return error.Runtime;
        text.pages = try os.allocatePages(length + 1);
        errdefer text.deinit();
        const status = api.call(.napi_get_value_string_utf8, .{ env, key, text.pages.ptr, length + 1, &length });
        if (status != c.napi_ok) return error.Runtime;
        text.utf8 = text.pages[0..length];
    }

    pub fn deinit(text: *KeyText) void {
        if (text.pages.len > 0) os.freePages(text.pages);
    }

    /// Whether the string that was converted has no lone surrogates. They become U+FFFD, so that a string with them
    /// would be taken for a key that really has that character.
    pub fn isWellFormed(text: *const KeyText, env: c.napi_env, key: Value) Error!bool {
        if (text.kind == .bytes or std.mem.find(u8, text.utf8, "\u{fffd}") == null) return true;
        var length: usize = undefined;
        if (api.call(.napi_get_value_string_utf16, .{ env, key, null, 0, &length }) != c.napi_ok) return error.Runtime;
        const pages = try os.allocatePages((length + 1) * @sizeOf(u16));
        defer os.freePages(pages);
        const units: []u16 = @ptrCast(pages);
        if (api.call(.napi_get_value_string_utf16, .{ env, key, units.ptr, length + 1, &length }) != c.napi_ok) {
            return error.Runtime;
        }
        return !hasLoneSurrogate(units[0..length]);
    }
};

fn hasLoneSurrogate(units: []const u16) bool {
    var at: usize = 0;
    while (at < units.len) : (at += 1) {
        if (std.unicode.utf16IsLowSurrogate(units[at])) return true;
        if (!std.unicode.utf16IsHighSurrogate(units[at])) continue;
        at += 1;
        if (at == units.len or !std.unicode.utf16IsLowSurrogate(units[at])) return true;
    }
    return false;
}
