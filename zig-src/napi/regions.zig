//! Exports: opening, describing, showing and closing regions; lock files and directories.

const std = @import("std");
const api = @import("api.zig");
const memory_use = @import("../memory_use.zig");
const os = @import("../os.zig");
const region = @import("../region.zig");
const region_table = @import("../region_table.zig");
const values = @import("values.zig");
const handles = @import("region_handle.zig");
const Environment = @import("environment.zig").Environment;
const RegionHandle = handles.RegionHandle;
const Window = handles.Window;
const c = api.c;
const Call = values.Call;
const Error = values.Error;
const Value = values.Value;

/// openRegion(path, offset, size)
pub fn openRegion(call: *Call) Error!Value {
    const offset = try call.integer(1, "offset");
    const size = call.doubleOf(call.arguments[2]) orelse return call.fault.invalid("expected size to be a number", .{});
    const length: ?u64 = if (size == -1) null else try call.integer(2, "size");
    var text: PathText = undefined;
    try text.init(call, 0);
    var path: os.Path = undefined;
    const opened = open(&path, &text, offset, length, call) catch |err| return call.failedWithPath(err, text.utf8);
    errdefer if (opened.mapping) |mapping| region_table.release(mapping);
    return RegionHandle.wrap(call, .{
        .environment = call.environment,
        .references = 1,
        .kind = if (opened.mapping == null) .empty else .mapped,
        .closed = false,
        .size = if (opened.mapping) |mapping| mapping.bytes.len else 0,
        .file = opened.file,
        .mapping = opened.mapping,
        .bytes = null,
        .windows = .{},
    });
}

fn open(path: *os.Path, text: *const PathText, offset: u64, length: ?u64, call: *Call) Error!region.Opened {
    try path.init(text.utf8, &call.fault, "open");
    return region.open(path, offset, length, &call.fault);
}

/// A path argument as UTF-8.
const PathText = struct {
    buffer: [buffer_size]u8,
    utf8: []const u8,

    /// More than any system takes, with room for the terminator that Node-API adds.
    const buffer_size = 32768 * 3 + 1;

    fn init(text: *PathText, call: *Call, number: usize) Error!void {
        const value = call.arguments[number];
        if (values.bytesOf(call.env, value)) |bytes| {
            text.utf8 = bytes[0..@min(bytes.len, buffer_size - 1)];
        } else {
            var length: usize = undefined;
            const status = api.call(
                .napi_get_value_string_utf8,
                .{ call.env, value, &text.buffer, buffer_size, &length },
            );
            if (status != c.napi_ok) return call.fault.invalid("expected path to be a string or a Uint8Array", .{});
            text.utf8 = text.buffer[0..length];
        }
        if (std.mem.findScalar(u8, text.utf8, 0) != null) {
            return call.fault.invalid("expected path to be without null bytes", .{});
        }
    }
};

/// regionFromBytes(bytes)
pub fn regionFromBytes(call: *Call) Error!Value {
    const array = call.arguments[0];
    const bytes = try call.bytes(0, "bytes");
    var reference: c.napi_ref = null;
    try call.check(api.call(.napi_create_reference, .{ call.env, array, 0, &reference }));
    const object = RegionHandle.wrap(call, .{
        .environment = call.environment,
        .references = 1,
        .kind = .bytes,
        .closed = false,
        .size = bytes.len,
        .file = null,
        .mapping = null,
        .bytes = reference,
        .windows = .{},
    }) catch |err| {
        _ = api.call(.napi_delete_reference, .{ call.env, reference });
        return err;
    };
    try call.keepAlive(object, array);
    return object;
}

/// regionInfo(handle)
pub fn regionInfo(call: *Call) Error!Value {
    const handle = try RegionHandle.unwrap(call, call.arguments[0]);
    if (handle.closed) return error.Closed;
    var object: Value = undefined;
    try call.check(api.call(.napi_create_object, .{ call.env, &object }));
    const file_size = if (handle.file) |file| file.size else handle.size;
    try set(call, object, "size", try call.number(@floatFromInt(handle.size)));
    try set(call, object, "fileSize", try call.number(@floatFromInt(file_size)));
    try set(call, object, "kind", try call.string(@tagName(handle.kind)));
    var identity: [48]u8 = undefined;
    try set(call, object, "identity", try call.string(if (handle.file) |file| text: {
        break :text std.fmt.bufPrint(&identity, "{d}:{d}", .{ file.device, file.inode }) catch unreachable; // two u64
    } else ""));
    try set(call, object, "modifiedNs", try nanoseconds(call, if (handle.file) |file| file.modified_ns else 0));
    try set(call, object, "changedNs", try nanoseconds(call, if (handle.file) |file| file.changed_ns else 0));
    const is_writable = if (handle.mapping) |mapping| mapping.writable else true;
    try set(call, object, "writable", try boolean(call, is_writable));
    try set(call, object, "lost", try boolean(call, handle.isLost()));
    return object;
}

/// regionMemory(handle)
pub fn regionMemory(call: *Call) Error!Value {
    const handle = try RegionHandle.unwrap(call, call.arguments[0]);
    if (handle.closed) return error.Closed;
    region_table.listen();
    const use: memory_use.MemoryUse = if (handle.mapping) |mapping|
        memory_use.of(mapping.pages)
    else
        .{ .resident = 0, .private = 0, .estimated = false };
    var object: Value = undefined;
    try call.check(api.call(.napi_create_object, .{ call.env, &object }));
    if (use.resident) |bytes| try set(call, object, "resident", try call.number(@floatFromInt(bytes)));
    if (use.private) |bytes| try set(call, object, "private", try call.number(@floatFromInt(bytes)));
    try set(call, object, "estimated", try boolean(call, use.estimated));
    try set(call, object, "lost", try boolean(call, handle.isLost()));
    return object;
}

fn boolean(call: *Call, value: bool) Error!Value {
    var result: Value = undefined;
    try call.check(api.call(.napi_get_boolean, .{ call.env, value, &result }));
    return result;
}

fn set(call: *Call, object: Value, name: [*:0]const u8, value: Value) Error!void {
    try call.check(api.call(.napi_set_named_property, .{ call.env, object, name, value }));
}

fn nanoseconds(call: *Call, time: i128) Error!Value {
    var buffer: [48]u8 = undefined;
    return call.string(std.fmt.bufPrint(&buffer, "{d}", .{time}) catch unreachable); // 40 digits and a sign
}

/// regionWindow(handle, start, length)
pub fn regionWindow(call: *Call) Error!Value {
    const handle = try RegionHandle.unwrap(call, call.arguments[0]);
    if (handle.closed) return error.Closed;
    const start = try call.integer(1, "start");
    const length = try call.integer(2, "length");
    if (handle.kind == .bytes) return call.fault.invalid("a region over bytes has no windows", .{});
    if (start > handle.size or length > handle.size - start) {
        return call.fault.invalid(
            "expected a window within the {d} bytes of the region; found {d} bytes at {d}",
            .{ handle.size, length, start },
        );
    }
    if (length == 0) return emptyBuffer(call);
    const mapping = handle.mapping.?; // a region with bytes is mapped
    try handle.windows.reserve(call.env);
    const buffer = try externalBuffer(call, mapping, mapping.bytes[@intCast(start)..][0..@intCast(length)]);
    var reference: c.napi_ref = null;
    try call.check(api.call(.napi_create_reference, .{ call.env, buffer, 0, &reference }));
    handle.windows.add(reference);
    return buffer;
}

fn emptyBuffer(call: *Call) Error!Value {
    var memory: ?*anyopaque = null;
    var buffer: Value = undefined;
    try call.check(api.call(.napi_create_arraybuffer, .{ call.env, 0, &memory, &buffer }));
    return buffer;
}

/// The engine adds the buffer's length to the counters by which it decides when to collect, though it costs the process
/// nothing, so that it collects everything once when a large one is made. napi_adjust_external_memory could take that
/// back; but the engine measures growth from the lowest it has seen, so every correction, before or after, makes it
/// collect more often than none (measured: 7 to 16 major collections instead of 1 in a hundred cycles of 100 MB).
fn externalBuffer(call: *Call, mapping: *region_table.Mapping, bytes: []u8) Error!Value {
    const window = try Window.create(mapping);
    defer window.release();
    var buffer: Value = undefined;
    const status = api.call(
        .napi_create_external_arraybuffer,
        .{ call.env, bytes.ptr, bytes.len, &Window.finalize, window, &buffer },
    );
    if (status == c.napi_ok) return buffer;
    // There is no buffer; whether its finalizer has run, is still to run or never does differs between runtimes and
    // causes. So the mapping goes now, and the little that the finalizer would look at stays.
    window.collect();
    if (status == no_external_buffers_allowed) {
        window.release();
        return error.NoExternalBuffers;
    }
    values.clearException(call.env);
    return call.fault.tooLarge("{d} bytes are more than this runtime puts into one ArrayBuffer", .{bytes.len});
}

/// napi_no_external_buffers_allowed, which the headers hide from older versions of Node-API.
const no_external_buffers_allowed = 22;

/// adviseRegion(handle, advice)
pub fn adviseRegion(call: *Call) Error!Value {
    const handle = try RegionHandle.unwrap(call, call.arguments[0]);
    if (handle.closed) return error.Closed;
    const advice = try call.choice(os.Advice, call.arguments[1], "advice");
    if (handle.mapping) |mapping| os.advise(mapping.pages, advice);
    return call.undefinedValue();
}

/// closeRegion(handle)
pub fn closeRegion(call: *Call) Error!Value {
    const handle = try RegionHandle.unwrap(call, call.arguments[0]);
    handle.close(call.env);
    return call.undefinedValue();
}

/// regionCount()
pub fn regionCount(call: *Call) Error!Value {
    return call.number(@floatFromInt(region_table.count()));
}

/// blockCount()
pub fn blockCount(call: *Call) Error!Value {
    return call.number(@floatFromInt(call.environment.blocks));
}

/// A held lock, behind a LockHandle of JavaScript.
const Lock = struct {
    environment: *Environment,
    file: ?os.File,

    const type_tag: c.napi_type_tag = .{ .lower = 0x4c52_e0b7_9f13_4d68, .upper = 0xb7e1_305c_6a94_d82f };

    fn release(lock: *Lock) void {
        if (lock.file) |file| file.close();
        lock.file = null;
    }

    fn finalize(_: c.napi_env, data: ?*anyopaque, _: ?*anyopaque) callconv(.c) void {
        const lock: *Lock = @ptrCast(@alignCast(data));
        lock.release();
        lock.environment.destroy(lock);
    }
};

/// lockFile(path)
pub fn lockFile(call: *Call) Error!Value {
    var text: PathText = undefined;
    try text.init(call, 0);
    var path: os.Path = undefined;
    const taken = takeLock(&path, &text, call) catch |err| return call.failedWithPath(err, text.utf8);
    const file = taken orelse return call.undefinedValue();
    errdefer file.close();
    const lock = try call.environment.create(Lock);
    errdefer call.environment.destroy(lock);
    lock.* = .{ .environment = call.environment, .file = file };
    var object: Value = undefined;
    try call.check(api.call(.napi_create_object, .{ call.env, &object }));
    try call.check(api.call(.napi_type_tag_object, .{ call.env, object, &Lock.type_tag }));
    try call.check(api.call(.napi_wrap, .{ call.env, object, lock, &Lock.finalize, null, null }));
    return object;
}

fn takeLock(path: *os.Path, text: *const PathText, call: *Call) Error!?os.File {
    try path.init(text.utf8, &call.fault, "open");
    return os.lockFile(path, &call.fault);
}

/// unlockFile(handle)
pub fn unlockFile(call: *Call) Error!Value {
    const lock = try handles.unwrapTagged(Lock, call, call.arguments[0], &Lock.type_tag, "a lock");
    lock.release();
    return call.undefinedValue();
}

/// syncDirectory(path)
pub fn syncDirectory(call: *Call) Error!Value {
    var text: PathText = undefined;
    try text.init(call, 0);
    var path: os.Path = undefined;
    sync(&path, &text, call) catch |err| return call.failedWithPath(err, text.utf8);
    return call.undefinedValue();
}

fn sync(path: *os.Path, text: *const PathText, call: *Call) Error!void {
    try path.init(text.utf8, &call.fault, "open");
    try os.syncDirectory(path, &call.fault);
}
