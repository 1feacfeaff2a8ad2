//! Between JavaScript values and Zig's: arguments in, results out, and errors as exceptions.
//!
//! No value or environment outlives the call that it came with. Functions answer Zig errors; `Call.throw` is the one
//! place where these become exceptions.

const std = @import("std");
const api = @import("api.zig");
const faults = @import("../faults.zig");
const Environment = @import("environment.zig").Environment;
const Fault = faults.Fault;
const c = api.c;

pub const Value = c.napi_value;

pub const Error = faults.Error || error{
    /// An exception is pending already.
    Thrown,
    /// Node-API refused what should have worked.
    Runtime,
    Closed,
    /// Pages of the file were lost; see lost_pages.zig.
    FileChanged,
    NoExternalBuffers,
};

pub const safe_integer_max = (1 << 53) - 1;

/// One call from JavaScript.
pub const Call = struct {
    env: c.napi_env,
    environment: *Environment,
    /// What the function was made with.
    data: ?*anyopaque = null,
    arguments: [arguments_max]Value = undefined,
    fault: Fault = .{},

    pub const arguments_max = 6;

    pub fn check(call: *Call, status: c.napi_status) error{ Thrown, Runtime }!void {
        if (status == c.napi_ok) return;
        return failed(call.env);
    }

    // Arguments.

    /// A non-negative integer up to 2^53.
    pub fn integer(call: *Call, index: usize, comptime name: []const u8) Error!u64 {
        return call.integerOf(call.arguments[index], name);
    }

    pub fn integerOf(call: *Call, value: Value, comptime name: []const u8) Error!u64 {
        const double = call.doubleOf(value) orelse return call.fault.invalid("expected {s} to be a number", .{name});
        return asInteger(double) orelse call.fault.invalid("expected {s} to be a non-negative safe integer", .{name});
    }

    /// An unsigned integer of up to 64 bits, as a number or a bigint.
    pub fn unsignedOf(call: *Call, value: Value, comptime name: []const u8) Error!u64 {
        var result: u64 = undefined;
        var lossless = false;
        const status = api.call(.napi_get_value_bigint_uint64, .{ call.env, value, &result, &lossless });
        if (status == c.napi_ok and lossless) return result;
        return call.integerOf(value, name);
    }

    pub fn doubleOf(call: *Call, value: Value) ?f64 {
        var double: f64 = undefined;
        return if (api.call(.napi_get_value_double, .{ call.env, value, &double }) == c.napi_ok) double else null;
    }

    pub fn boolean(call: *Call, index: usize, comptime name: []const u8) Error!bool {
        var result: bool = undefined;
        if (api.call(.napi_get_value_bool, .{ call.env, call.arguments[index], &result }) == c.napi_ok) return result;
        return call.fault.invalid("expected {s} to be a boolean", .{name});
    }

    /// The memory of a Uint8Array, valid during this call.
    pub fn bytes(call: *Call, index: usize, comptime name: []const u8) Error![]u8 {
        return bytesOf(call.env, call.arguments[index]) orelse {
            return call.fault.invalid("expected {s} to be a Uint8Array", .{name});
        };
    }

    pub fn property(call: *Call, object: Value, name: [*:0]const u8) Error!Value {
        var value: Value = undefined;
        try call.check(api.call(.napi_get_named_property, .{ call.env, object, name, &value }));
        return value;
    }

    /// One of an enumeration's names.
    pub fn choice(call: *Call, comptime Choice: type, value: Value, comptime name: []const u8) Error!Choice {
        var buffer: [16]u8 = undefined;
        var length: usize = undefined;
        const status = api.call(.napi_get_value_string_utf8, .{ call.env, value, &buffer, buffer.len, &length });
        if (status == c.napi_ok) {
            if (std.meta.stringToEnum(Choice, buffer[0..length])) |result| return result;
        }
        return call.fault.invalid("{s} is none of its choices", .{name});
    }

    /// 4 or 8.
    pub fn width(call: *Call, value: Value) Error!Width {
        return switch (try call.integerOf(value, "width")) {
            4 => .narrow,
            8 => .wide,
            else => call.fault.invalid("expected width to be 4 or 8", .{}),
        };
    }

    // Results.

    pub fn undefinedValue(call: *Call) Error!Value {
        var result: Value = undefined;
        try call.check(api.call(.napi_get_undefined, .{ call.env, &result }));
        return result;
    }

    pub fn number(call: *Call, value: f64) Error!Value {
        var result: Value = undefined;
        try call.check(api.call(.napi_create_double, .{ call.env, value, &result }));
        return result;
    }

    pub fn bigint(call: *Call, value: u64) Error!Value {
        var result: Value = undefined;
        try call.check(api.call(.napi_create_bigint_uint64, .{ call.env, value, &result }));
        return result;
    }

    /// A new string from UTF-8.
    pub fn string(call: *Call, utf8: []const u8) Error!Value {
        return newString(call.env, utf8) orelse failed(call.env);
    }

    /// A new Uint8Array with memory of its own, zeroed.
    pub fn newBytes(call: *Call, length: usize) Error!struct { value: Value, memory: []u8 } {
        var memory: ?*anyopaque = null;
        var buffer: Value = undefined;
        const status = api.call(.napi_create_arraybuffer, .{ call.env, length, &memory, &buffer });
        if (status != c.napi_ok) {
            clearException(call.env);
            return call.fault.tooLarge("{d} bytes are more than this runtime puts into one ArrayBuffer", .{length});
        }
        var result: Value = undefined;
        try call.check(api.call(
            .napi_create_typedarray,
            .{ call.env, c.napi_uint8_array, length, buffer, 0, &result },
        ));
        const start: [*]u8 = @ptrCast(memory orelse return .{ .value = result, .memory = &.{} });
        return .{ .value = result, .memory = start[0..length] };
    }

    pub fn newFunction(call: *Call, name: []const u8, callback: c.napi_callback, data: ?*anyopaque) Error!Value {
        var result: Value = undefined;
        try call.check(api.call(.napi_create_function, .{ call.env, name.ptr, name.len, callback, data, &result }));
        return result;
    }

    /// A property that nobody sees by accident, to keep `value` alive as long as `object` is.
    pub fn keepAlive(call: *Call, object: Value, value: Value) Error!void {
        return call.keepAliveAs("keepsAlive", object, value);
    }

    /// The same for one more value, under a name of its own.
    pub fn keepAliveAs(call: *Call, name: [*:0]const u8, object: Value, value: Value) Error!void {
        const descriptor: c.napi_property_descriptor = .{
            .utf8name = name,
            .value = value,
            .attributes = c.napi_default,
        };
        try call.check(api.call(.napi_define_properties, .{ call.env, object, 1, &descriptor }));
    }

    // Errors.

    /// Turns an error into a pending exception.
    pub fn throw(call: *Call, err: Error) void {
        @branchHint(.cold);
        const exception = call.exceptionFor(err) orelse return;
        _ = api.call(.napi_throw, .{ call.env, exception });
    }

    /// The error as a JavaScript one; `null` if an exception is pending already.
    pub fn exceptionFor(call: *Call, err: Error) Value {
        return switch (err) {
            error.Thrown => null,
            error.System => call.systemError(null),
            error.OutOfMemory => {
                call.fault.code = .ENOMEM;
                call.fault.syscall = "mmap";
                return call.systemError(null);
            },
            error.Corrupt => call.libraryError("ERR_SHAREDBUFFERS_CORRUPT", call.fault.message, true),
            error.Encoding => call.libraryError("ERR_SHAREDBUFFERS_ENCODING", call.fault.message, true),
            error.Closed => call.libraryError("ERR_SHAREDBUFFERS_CLOSED", "the region was closed", false),
            error.FileChanged => call.libraryError(
                "ERR_SHAREDBUFFERS_FILE_CHANGED",
                "the file was cut short, or could not be read, while it was mapped: it has to be opened again",
                false,
            ),
            error.TooLarge => call.libraryError("ERR_SHAREDBUFFERS_TOO_LARGE", call.fault.message, false),
            error.InvalidArgument => call.libraryError("ERR_SHAREDBUFFERS_INVALID_ARGUMENT", call.fault.message, false),
            error.NoExternalBuffers => call.libraryError(
                "ERR_SHAREDBUFFERS_NO_EXTERNAL_BUFFERS",
                "this runtime forbids buffers over memory that it does not own",
                false,
            ),
            error.Runtime => call.libraryError(
                "ERR_SHAREDBUFFERS_INVALID_ARGUMENT",
                "the runtime refused a call of the native core",
                false,
            ),
        };
    }

    fn libraryError(call: *Call, code: []const u8, message: []const u8, with_offset: bool) Value {
        const factory = call.errorFactory() orelse return call.plainError(code, message);
        var undefined_value: Value = undefined;
        _ = api.call(.napi_get_undefined, .{ call.env, &undefined_value });
        var offset = undefined_value;
        const position: f64 = @floatFromInt(call.fault.position);
        if (with_offset) _ = api.call(.napi_create_double, .{ call.env, position, &offset });
        const arguments = [_]Value{ newString(call.env, code), newString(call.env, message), offset };
        var result: Value = undefined;
        const status = api.call(
            .napi_call_function,
            .{ call.env, undefined_value, factory, arguments.len, &arguments, &result },
        );
        // A factory that throws has thrown the exception there is.
        return if (status == c.napi_ok) result else null;
    }

    fn errorFactory(call: *Call) Value {
        const reference = call.environment.error_factory orelse return null;
        var result: Value = null;
        _ = api.call(.napi_get_reference_value, .{ call.env, reference, &result });
        return result;
    }

    fn plainError(call: *Call, code: []const u8, message: []const u8) Value {
        var result: Value = null;
        const text = newString(call.env, message);
        _ = api.call(.napi_create_error, .{ call.env, newString(call.env, code), text, &result });
        return result;
    }

    /// Shaped as Node's own: "ENOENT: no such file or directory, open '/x'".
    fn systemError(call: *Call, path: ?[]const u8) Value {
        const fault = &call.fault;
        const code = @tagName(fault.code);
        var buffer: [4400]u8 = undefined;
        var writer: std.Io.Writer = .fixed(&buffer);
        writer.print("{s}: {s}, {s}", .{ code, fault.code.message(), fault.syscall }) catch unreachable; // short
        // A path that does not fit is left out here; it is a property too.
        if (path) |text| if (text.len < 4200) writer.print(" '{s}'", .{text}) catch unreachable;
        const exception = call.plainError(code, writer.buffered());
        var errno: Value = null;
        _ = api.call(.napi_create_int32, .{ call.env, fault.code.number(), &errno });
        _ = api.call(.napi_set_named_property, .{ call.env, exception, "errno", errno });
        _ = api.call(.napi_set_named_property, .{ call.env, exception, "syscall", newString(call.env, fault.syscall) });
        if (path) |text| {
            _ = api.call(.napi_set_named_property, .{ call.env, exception, "path", newString(call.env, text) });
        }
        return exception;
    }

    /// Throws what the system refused to do with a path; other errors pass through.
    pub fn failedWithPath(call: *Call, err: Error, path: []const u8) Error {
        if (err != error.System) return err;
        _ = api.call(.napi_throw, .{ call.env, call.systemError(path) });
        return error.Thrown;
    }
};

pub const Width = enum { narrow, wide };

pub fn asInteger(double: f64) ?u64 {
    if (!(double >= 0 and double <= safe_integer_max)) return null;
    const integer: u64 = @trunc(double);
    return if (@as(f64, @floatFromInt(integer)) == double) integer else null;
}

pub fn bytesOf(env: c.napi_env, value: Value) ?[]u8 {
    return elementsOf(u8, env, value);
}

/// The memory of a typed array with such elements, as long as nobody detaches it.
pub fn elementsOf(comptime Element: type, env: c.napi_env, value: Value) ?[]Element {
    const wanted = switch (Element) {
        u8 => c.napi_uint8_array,
        u32 => c.napi_uint32_array,
        i32 => c.napi_int32_array,
        u64 => c.napi_biguint64_array,
        f64 => c.napi_float64_array,
        else => @compileError("no typed array has such elements"),
    };
    var is_typed_array = false;
    if (api.call(.napi_is_typedarray, .{ env, value, &is_typed_array }) != c.napi_ok or !is_typed_array) return null;
    var kind: c.napi_typedarray_type = undefined;
    var length: usize = undefined;
    var memory: ?*anyopaque = undefined;
    const status = api.call(.napi_get_typedarray_info, .{ env, value, &kind, &length, &memory, null, null });
    if (status != c.napi_ok or kind != wanted) return null;
    const start: [*]Element = @ptrCast(@alignCast(memory orelse return &.{}));
    return start[0..length];
}

fn newString(env: c.napi_env, utf8: []const u8) Value {
    var result: Value = null;
    _ = api.call(.napi_create_string_utf8, .{ env, utf8.ptr, utf8.len, &result });
    return result;
}

fn failed(env: c.napi_env) error{ Thrown, Runtime } {
    @branchHint(.cold);
    var pending = false;
    _ = api.call(.napi_is_exception_pending, .{ env, &pending });
    return if (pending) error.Thrown else error.Runtime;
}

pub fn clearException(env: c.napi_env) void {
    var exception: Value = undefined;
    var pending = false;
    _ = api.call(.napi_is_exception_pending, .{ env, &pending });
    if (pending) _ = api.call(.napi_get_and_clear_last_exception, .{ env, &exception });
}

/// Makes a callback of a function that takes a `Call`. The data of the callback is the environment's instance data.
pub fn exported(comptime function: fn (*Call) Error!Value) c.napi_callback {
    return &struct {
        fn run(env: c.napi_env, info: c.napi_callback_info) callconv(.c) Value {
            var call: Call = .{ .env = env, .environment = undefined };
            var count: usize = Call.arguments_max;
            var data: ?*anyopaque = null;
            _ = api.call(.napi_get_cb_info, .{ env, info, &count, &call.arguments, null, &data });
            call.environment = @ptrCast(@alignCast(data));
            return function(&call) catch |err| {
                call.throw(err);
                return null;
            };
        }
    }.run;
}
