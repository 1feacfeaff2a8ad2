//! Registration: what the addon exports, made anew for each environment that loads it. Nothing is kept but instance
//! data, so that any number of threads, and of copies of this addon, get along.

const std = @import("std");
const api = @import("api.zig");
const batch_search = @import("batch_search.zig");
const building = @import("building.zig");
const columns = @import("columns.zig");
const index_building = @import("index_building.zig");
const regions = @import("regions.zig");
const search = @import("search.zig");
const spool_memory = @import("spool_memory.zig");
const strings = @import("strings.zig");
const values = @import("values.zig");
const Environment = @import("environment.zig").Environment;
const c = api.c;
const Call = values.Call;
const Error = values.Error;
const Value = values.Value;

/// The interface `Native` of ts-src/native/binding.ts.
const exports = .{
    .setErrorFactory = setErrorFactory,
    .openRegion = regions.openRegion,
    .regionFromBytes = regions.regionFromBytes,
    .regionInfo = regions.regionInfo,
    .regionMemory = regions.regionMemory,
    .regionWindow = regions.regionWindow,
    .adviseRegion = regions.adviseRegion,
    .closeRegion = regions.closeRegion,
    .regionCount = regions.regionCount,
    .blockCount = regions.blockCount,
    .createSearch = search.createSearch,
    .gatherColumns = columns.gatherColumns,
    .gatherPositions = columns.gatherPositions,
    .createBatchSearch = batch_search.createBatchSearch,
    .createTextReader = strings.createTextReader,
    .createBytesReader = strings.createBytesReader,
    .hash64 = strings.hash64,
    .hash32 = strings.hash32,
    .hashKeys = building.hashKeys,
    .sortRows = building.sortRows,
    .sortRowsSync = building.sortRowsSync,
    .mergeRows = building.mergeRows,
    .mergeRowsSync = building.mergeRowsSync,
    .fillRadixTable = index_building.fillRadixTable,
    .finishRadixTable = index_building.finishRadixTable,
    .directTableSizes = index_building.directTableSizes,
    .fillDirectTable = index_building.fillDirectTable,
    .fillDirectTableSync = index_building.fillDirectTableSync,
    .beginHash = strings.beginHash,
    .updateHash = strings.updateHash,
    .endHash = strings.endHash,
    .createMemory = spool_memory.createMemory,
    .appendMemory = spool_memory.appendMemory,
    .writeMemory = spool_memory.writeMemory,
    .readMemory = spool_memory.readMemory,
    .shiftMemory = spool_memory.shiftMemory,
    .moveMemory = spool_memory.moveMemory,
    .freeMemory = spool_memory.freeMemory,
    .compress = building.compress,
    .decompress = building.decompress,
    .lockFile = regions.lockFile,
    .unlockFile = regions.unlockFile,
    .syncDirectory = regions.syncDirectory,
};

/// The newest Node-API whose functions are used here.
pub fn apiVersion() callconv(.c) i32 {
    return 8;
}

pub fn register(env: c.napi_env, object: Value) callconv(.c) Value {
    if (!api.load()) return object;
    const environment = Environment.init() catch return object;
    var call: Call = .{ .env = env, .environment = environment };
    const status = api.call(.napi_set_instance_data, .{ env, environment, &finalize, null });
    call.check(status) catch |err| {
        environment.end();
        call.throw(err);
        return null;
    };
    define(&call, object) catch |err| {
        call.throw(err);
        return null;
    };
    return object;
}

fn define(call: *Call, object: Value) Error!void {
    inline for (comptime std.meta.fieldNames(@TypeOf(exports))) |name| {
        const function = try call.newFunction(name, values.exported(@field(exports, name)), call.environment);
        try call.check(api.call(.napi_set_named_property, .{ call.env, object, name.ptr, function }));
    }
}

fn finalize(env: c.napi_env, data: ?*anyopaque, _: ?*anyopaque) callconv(.c) void {
    const environment: *Environment = @ptrCast(@alignCast(data));
    if (environment.error_factory) |factory| _ = api.call(.napi_delete_reference, .{ env, factory });
    environment.error_factory = null;
    environment.end();
}

/// setErrorFactory(factory)
fn setErrorFactory(call: *Call) Error!Value {
    var kind: c.napi_valuetype = undefined;
    try call.check(api.call(.napi_typeof, .{ call.env, call.arguments[0], &kind }));
    if (kind != c.napi_function) return call.fault.invalid("expected factory to be a function", .{});
    var reference: c.napi_ref = null;
    try call.check(api.call(.napi_create_reference, .{ call.env, call.arguments[0], 1, &reference }));
    if (call.environment.error_factory) |previous| _ = api.call(.napi_delete_reference, .{ call.env, previous });
    call.environment.error_factory = reference;
    return call.undefinedValue();
}
