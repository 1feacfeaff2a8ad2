//! Exports for memory that grows by appending; see ../spool_memory.zig.

const api = @import("api.zig");
const handles = @import("region_handle.zig");
const values = @import("values.zig");
const Environment = @import("environment.zig").Environment;
const SpoolMemory = @import("../spool_memory.zig").SpoolMemory;
const c = api.c;
const Call = values.Call;
const Error = values.Error;
const Value = values.Value;

/// Behind a MemoryHandle of JavaScript.
const Handle = struct {
    environment: *Environment,
    memory: SpoolMemory = .{},

    const type_tag: c.napi_type_tag = .{ .lower = 0x93d1_5f0e_c27a_4b86, .upper = 0x8a2e_74bd_1c60_e9f5 };

    fn of(call: *Call, argument: usize) Error!*SpoolMemory {
        const handle = try handles.unwrapTagged(Handle, call, call.arguments[argument], &type_tag, "a memory");
        return &handle.memory;
    }

    fn finalize(_: c.napi_env, data: ?*anyopaque, _: ?*anyopaque) callconv(.c) void {
        const handle: *Handle = @ptrCast(@alignCast(data));
        handle.memory.clear();
        handle.environment.destroy(handle);
    }
};

/// createMemory()
pub fn createMemory(call: *Call) Error!Value {
    const handle = try call.environment.create(Handle);
    errdefer call.environment.destroy(handle);
    handle.* = .{ .environment = call.environment };
    var object: Value = undefined;
    try call.check(api.call(.napi_create_object, .{ call.env, &object }));
    try call.check(api.call(.napi_type_tag_object, .{ call.env, object, &Handle.type_tag }));
    try call.check(api.call(.napi_wrap, .{ call.env, object, handle, &Handle.finalize, null, null }));
    return object;
}

/// appendMemory(handle, bytes)
pub fn appendMemory(call: *Call) Error!Value {
    const memory = try Handle.of(call, 0);
    try memory.append(try call.bytes(1, "bytes"));
    return call.undefinedValue();
}

/// writeMemory(handle, position, bytes)
pub fn writeMemory(call: *Call) Error!Value {
    const memory = try Handle.of(call, 0);
    const position = try call.integer(1, "position");
    const bytes = try call.bytes(2, "bytes");
    try requireRange(call, memory, position, bytes.len);
    memory.write(position, bytes);
    return call.undefinedValue();
}

/// readMemory(handle, position, target)
pub fn readMemory(call: *Call) Error!Value {
    const memory = try Handle.of(call, 0);
    const position = try call.integer(1, "position");
    const target = try call.bytes(2, "target");
    try requireRange(call, memory, position, target.len);
    memory.read(position, target);
    return call.undefinedValue();
}

/// shiftMemory(handle, target)
pub fn shiftMemory(call: *Call) Error!Value {
    const memory = try Handle.of(call, 0);
    const target = try call.bytes(1, "target");
    try requireRange(call, memory, 0, target.len);
    memory.shift(target);
    return call.undefinedValue();
}

/// moveMemory(from, to)
pub fn moveMemory(call: *Call) Error!Value {
    const from = try Handle.of(call, 0);
    const to = try Handle.of(call, 1);
    if (from == to) return call.fault.invalid("a memory cannot be moved to itself", .{});
    from.moveTo(to);
    return call.undefinedValue();
}

/// freeMemory(handle)
pub fn freeMemory(call: *Call) Error!Value {
    const memory = try Handle.of(call, 0);
    memory.clear();
    return call.undefinedValue();
}

fn requireRange(call: *Call, memory: *const SpoolMemory, position: u64, length: usize) Error!void {
    if (memory.holds(position, length)) return;
    return call.fault.invalid("{d} bytes at {d} are not among the {d} of the memory", .{ length, position, memory.size });
}
