//! Exports: functions that read the length-prefixed strings of a region, and the hashes of bytes.

const std = @import("std");
const api = @import("api.zig");
const hashing = @import("../hash.zig");
const strings = @import("../strings.zig");
const values = @import("values.zig");
const RegionHandle = @import("region_handle.zig").RegionHandle;
const c = api.c;
const Call = values.Call;
const Error = values.Error;
const Value = values.Value;

/// No engine has longer strings (V8's have 2^29 - 24 units at most); asking for one only makes it throw its own error.
const text_length_max = 1 << 29;

/// createTextReader(handle)
pub fn createTextReader(call: *Call) Error!Value {
    return createReader(call, readText);
}

/// createBytesReader(handle)
pub fn createBytesReader(call: *Call) Error!Value {
    return createReader(call, readBytes);
}

/// The data of a reader is the handle itself.
fn createReader(call: *Call, comptime read: fn (*Call, strings.Stored) Error!Value) Error!Value {
    const handle = try RegionHandle.unwrap(call, call.arguments[0]);
    if (handle.closed) return error.Closed;
    const function = try call.newFunction("read", readerCallback(read), handle);
    try call.check(api.call(.napi_add_finalizer, .{ call.env, function, handle, &finalizeReader, null, null }));
    handle.retain();
    try call.keepAlive(function, call.arguments[0]);
    return function;
}

fn finalizeReader(env: c.napi_env, data: ?*anyopaque, _: ?*anyopaque) callconv(.c) void {
    const handle: *RegionHandle = @ptrCast(@alignCast(data));
    handle.release(env);
}

fn readerCallback(comptime read: fn (*Call, strings.Stored) Error!Value) c.napi_callback {
    return &struct {
        fn run(env: c.napi_env, info: c.napi_callback_info) callconv(.c) Value {
            var count: usize = 1;
            var data: ?*anyopaque = null;
            var argument: Value = undefined;
            _ = api.call(.napi_get_cb_info, .{ env, info, &count, &argument, null, &data });
            const handle: *RegionHandle = @ptrCast(@alignCast(data));
            var call: Call = .{ .env = env, .environment = handle.environment };
            return handle.settle(&call, readAt(&call, handle, argument));
        }

        fn readAt(call: *Call, handle: *RegionHandle, argument: Value) Error!Value {
            const region = try handle.view(call.env);
            const double = call.doubleOf(argument) orelse {
                return call.fault.invalid("expected position to be a number", .{});
            };
            // A position comes from a pointer in the file: a senseless one is the file's fault.
            const position = values.asInteger(double) orelse {
                return call.fault.corrupt(0, "a pointer leads out of the bytes that are there");
            };
            return read(call, try strings.at(region, position, region.len, &call.fault));
        }
    }.run;
}

fn readText(call: *Call, stored: strings.Stored) Error!Value {
    const length = try stored.length(&call.fault);
    if (length > text_length_max) {
        return call.fault.tooLarge("a text of {d} bytes is longer than strings can be", .{length});
    }
    if (!stored.compressed) return newText(call, stored.payload, stored.position);
    const scratch = &call.environment.scratch;
    defer scratch.trim();
    const plain = try scratch.get(length);
    try stored.copyTo(plain, &call.fault);
    return newText(call, plain, stored.position);
}

fn newText(call: *Call, text: []const u8, position: u64) Error!Value {
    var result: Value = undefined;
    const status = switch (strings.encodingOf(text)) {
        .ascii => api.call(.napi_create_string_latin1, .{ call.env, text.ptr, text.len, &result }),
        .utf8 => api.call(.napi_create_string_utf8, .{ call.env, text.ptr, text.len, &result }),
        .invalid => {
            call.fault.position = position;
            call.fault.message = "a text is not valid UTF-8";
            return error.Encoding;
        },
    };
    if (status == c.napi_ok) return result;
    values.clearException(call.env);
    return call.fault.tooLarge("a text of {d} bytes is longer than strings can be", .{text.len});
}

fn readBytes(call: *Call, stored: strings.Stored) Error!Value {
    const result = try call.newBytes(try stored.length(&call.fault));
    try stored.copyTo(result.memory, &call.fault);
    return result.value;
}

/// hash64(bytes)
pub fn hash64(call: *Call) Error!Value {
    return call.bigint(hashing.hash64(try call.bytes(0, "bytes")));
}

/// hash32(bytes)
pub fn hash32(call: *Call) Error!Value {
    return call.number(@floatFromInt(hashing.hash32(try call.bytes(0, "bytes"))));
}

/// beginHash(): the state of a hash over bytes that come in pieces, opaque
pub fn beginHash(call: *Call) Error!Value {
    const state = try call.newBytes(@sizeOf(hashing.Hasher));
    const hasher: hashing.Hasher = .init(0);
    @memcpy(state.memory, std.mem.asBytes(&hasher));
    return state.value;
}

/// updateHash(state, bytes)
pub fn updateHash(call: *Call) Error!Value {
    const state = try hashState(call);
    var hasher = try hasherOf(call, state);
    hasher.update(try call.bytes(1, "bytes"));
    @memcpy(state, std.mem.asBytes(&hasher));
    return call.undefinedValue();
}

/// endHash(state)
pub fn endHash(call: *Call) Error!Value {
    var hasher = try hasherOf(call, try hashState(call));
    return call.bigint(hasher.final());
}

fn hashState(call: *Call) Error![]u8 {
    const bytes = try call.bytes(0, "state");
    if (bytes.len != @sizeOf(hashing.Hasher)) return call.fault.invalid("expected the state of a hash", .{});
    return bytes;
}

fn hasherOf(call: *Call, state: []const u8) Error!hashing.Hasher {
    const hasher = std.mem.bytesToValue(hashing.Hasher, state);
    if (hasher.buf_len >= hasher.buf.len) return call.fault.invalid("expected the state of a hash", .{});
    return hasher;
}
