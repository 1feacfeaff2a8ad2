//! A region as an environment sees it: what is behind a RegionHandle of JavaScript, and what searches and readers
//! that were made from it read.
//!
//! The JavaScript object is a wrap. Where the region is a caller's Uint8Array, the object holds that in a property and
//! native code refers to it weakly: a strong reference would be a root, and whoever finds handles by their bytes in a
//! WeakMap (the library does) would never lose one.

const std = @import("std");
const api = @import("api.zig");
const os = @import("../os.zig");
const region_table = @import("../region_table.zig");
const values = @import("values.zig");
const Environment = @import("environment.zig").Environment;
const Mapping = region_table.Mapping;
const c = api.c;
const Call = values.Call;
const Error = values.Error;
const Value = values.Value;

pub const Kind = enum { mapped, bytes, empty };

pub const RegionHandle = struct {
    environment: *Environment,
    /// One for the JavaScript object, one for each function made from it.
    references: u32,
    kind: Kind,
    closed: bool,
    /// Bytes in the region when it was made.
    size: u64,
    /// Of the file, if there is one.
    file: ?os.Stat,
    mapping: ?*Mapping,
    /// A weak reference to the caller's Uint8Array.
    bytes: c.napi_ref,
    windows: Windows,

    /// Makes the JavaScript object, which then holds the one reference to the handle.
    pub fn wrap(call: *Call, initial: RegionHandle) Error!Value {
        const handle = try call.environment.create(RegionHandle);
        errdefer call.environment.destroy(handle);
        handle.* = initial;
        var object: Value = undefined;
        try call.check(api.call(.napi_create_object, .{ call.env, &object }));
        try call.check(api.call(.napi_type_tag_object, .{ call.env, object, &type_tag }));
        try call.check(api.call(.napi_wrap, .{ call.env, object, handle, &finalize, null, null }));
        return object;
    }

    /// The handle of an argument, closed or not.
    pub fn unwrap(call: *Call, object: Value) Error!*RegionHandle {
        return unwrapTagged(RegionHandle, call, object, &type_tag, "a region");
    }

    pub fn retain(handle: *RegionHandle) void {
        handle.references += 1;
    }

    pub fn release(handle: *RegionHandle, env: c.napi_env) void {
        handle.references -= 1;
        if (handle.references > 0) return;
        handle.giveBack(env);
        handle.environment.destroy(handle);
    }

    /// The bytes, as they are now. Nothing may keep them beyond the call, and what was read in them has to go through
    /// `settle`.
    pub inline fn view(handle: *RegionHandle, env: c.napi_env) error{ Closed, FileChanged }![]const u8 {
        if (handle.closed) return error.Closed;
        const mapping = handle.mapping orelse return handle.viewOfBytes(env);
        if (mapping.isLost()) return error.FileChanged;
        return mapping.bytes;
    }

    /// What a call that has read in the region answers: its result, unless pages that the file lost meanwhile were
    /// read as zeros.
    pub inline fn settle(handle: *const RegionHandle, call: *Call, result: Error!Value) Value {
        return handle.checked(result) catch |err| {
            call.throw(err);
            return null;
        };
    }

    /// `settle` for who throws errors otherwise.
    pub inline fn checked(handle: *const RegionHandle, result: Error!Value) Error!Value {
        return if (handle.isLost()) lost(result) else result;
    }

    pub inline fn isLost(handle: *const RegionHandle) bool {
        return if (handle.mapping) |mapping| mapping.isLost() else false;
    }

    fn lost(result: Error!Value) Error!Value {
        @branchHint(.cold);
        if (result) |_| {} else |err| if (err == error.Thrown) return err;
        return error.FileChanged;
    }

    fn viewOfBytes(handle: *RegionHandle, env: c.napi_env) error{Closed}![]const u8 {
        if (handle.kind == .empty) return &.{};
        var array: Value = null;
        _ = api.call(.napi_get_reference_value, .{ env, handle.bytes, &array });
        const bytes = values.bytesOf(env, array orelse return error.Closed) orelse return error.Closed;
        // Whoever detached or shrank the buffer has closed the region; a stale pointer must not be read.
        if (bytes.len < handle.size) return error.Closed;
        return bytes[0..@intCast(handle.size)];
    }

    /// Detaches the windows, so that late reads are errors, and gives the mapping back.
    pub fn close(handle: *RegionHandle, env: c.napi_env) void {
        if (handle.closed) return;
        handle.closed = true;
        handle.windows.detach(env);
        handle.giveBack(env);
    }

    fn giveBack(handle: *RegionHandle, env: c.napi_env) void {
        handle.windows.forget(env);
        if (handle.bytes) |reference| _ = api.call(.napi_delete_reference, .{ env, reference });
        handle.bytes = null;
        if (handle.mapping) |mapping| region_table.release(mapping);
        handle.mapping = null;
    }

    fn finalize(env: c.napi_env, data: ?*anyopaque, _: ?*anyopaque) callconv(.c) void {
        const handle: *RegionHandle = @ptrCast(@alignCast(data));
        handle.release(env);
    }
};

const type_tag: c.napi_type_tag = .{ .lower = 0x8a3f_19c4_52d7_4be1, .upper = 0x9d06_73be_f1a8_2c55 };

/// The native side of an object that was wrapped with a tag. Anything else is an error of the caller.
pub fn unwrapTagged(
    comptime T: type,
    call: *Call,
    object: Value,
    tag: *const c.napi_type_tag,
    comptime what: []const u8,
) Error!*T {
    var matches = false;
    const status = api.call(.napi_check_object_type_tag, .{ call.env, object, tag, &matches });
    if (status != c.napi_ok or !matches) {
        // Node throws an error of its own for what cannot be made an object.
        values.clearException(call.env);
        return call.fault.invalid("expected the handle of " ++ what, .{});
    }
    var data: ?*anyopaque = null;
    try call.check(api.call(.napi_unwrap, .{ call.env, object, &data }));
    return @ptrCast(@alignCast(data));
}

/// The buffers that were handed out, referred to weakly.
pub const Windows = struct {
    references: []c.napi_ref = &.{},
    count: usize = 0,
    memory: []align(os.page_alignment) u8 = &.{},

    /// Makes room for one more.
    pub fn reserve(windows: *Windows, env: c.napi_env) error{OutOfMemory}!void {
        if (windows.count < windows.references.len) return;
        windows.prune(env);
        // Growing only when at least half are alive keeps the cost of this constant for each window.
        if (windows.count * 2 < windows.references.len) return;
        const length = @max(4096, windows.memory.len * 2);
        const memory = try os.allocatePages(length);
        const references: []c.napi_ref = @ptrCast(memory);
        @memcpy(references[0..windows.count], windows.references[0..windows.count]);
        if (windows.memory.len > 0) os.freePages(windows.memory);
        windows.memory = memory;
        windows.references = references;
    }

    pub fn add(windows: *Windows, reference: c.napi_ref) void {
        windows.references[windows.count] = reference;
        windows.count += 1;
    }

    /// Forgets the buffers that were collected.
    fn prune(windows: *Windows, env: c.napi_env) void {
        var kept: usize = 0;
        for (windows.references[0..windows.count]) |reference| {
            if (bufferOf(env, reference) != null) {
                windows.references[kept] = reference;
                kept += 1;
            } else {
                _ = api.call(.napi_delete_reference, .{ env, reference });
            }
        }
        windows.count = kept;
    }

    fn detach(windows: *Windows, env: c.napi_env) void {
        for (windows.references[0..windows.count]) |reference| {
            // A buffer that cannot be detached keeps its memory, as it holds a reference of its own.
            if (bufferOf(env, reference)) |buffer| _ = api.call(.napi_detach_arraybuffer, .{ env, buffer });
        }
    }

    fn forget(windows: *Windows, env: c.napi_env) void {
        for (windows.references[0..windows.count]) |reference| {
            _ = api.call(.napi_delete_reference, .{ env, reference });
        }
        if (windows.memory.len > 0) os.freePages(windows.memory);
        windows.* = .{};
    }

    fn bufferOf(env: c.napi_env, reference: c.napi_ref) Value {
        var buffer: Value = null;
        _ = api.call(.napi_get_reference_value, .{ env, reference, &buffer });
        return buffer;
    }
};

/// What one external buffer holds. Its finalizer may run on any thread, so it lives in the locked table's memory.
pub const Window = struct {
    mapping: *Mapping,
    /// One for the buffer, one while it is being made.
    references: std.atomic.Value(u32),
    collected: std.atomic.Value(bool),

    pub fn create(mapping: *Mapping) error{OutOfMemory}!*Window {
        const window = try region_table.create(Window);
        region_table.retain(mapping);
        window.* = .{ .mapping = mapping, .references = .init(2), .collected = .init(false) };
        return window;
    }

    /// The buffer is gone. Only counts and unmaps: no call of Node-API, not even an innocent one.
    pub fn finalize(_: c.napi_env, _: ?*anyopaque, hint: ?*anyopaque) callconv(.c) void {
        const window: *Window = @ptrCast(@alignCast(hint));
        window.collect();
        window.release();
    }

    /// Gives the mapping back, once, however often this is called.
    pub fn collect(window: *Window) void {
        if (!window.collected.swap(true, .acq_rel)) region_table.release(window.mapping);
    }

    /// One of the two users of the window is done with it.
    pub fn release(window: *Window) void {
        if (window.references.fetchSub(1, .acq_rel) == 1) region_table.destroy(window);
    }
};
