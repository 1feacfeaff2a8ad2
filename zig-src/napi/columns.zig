//! Exports: gathering the slots of many records, and their positions.

const std = @import("std");
const api = @import("api.zig");
const gathering = @import("../columns.zig");
const record_arrays = @import("record_arrays.zig");
const values = @import("values.zig");
const RegionHandle = @import("region_handle.zig").RegionHandle;
const c = api.c;
const Call = values.Call;
const Error = values.Error;
const Layout = gathering.Layout;
const RecordArray = record_arrays.RecordArray;
const Value = values.Value;

/// How the records of a gathering are found.
const From = enum { numbers, rows, positions };

/// Any of the sources, as far as an argument says it.
const Source = union(enum) {
    numbers: gathering.Numbers,
    narrow_rows: gathering.Rows(u32),
    wide_rows: gathering.Rows(u64),
    positions: gathering.Positions,
};

/// What becomes of a slot, as the binding calls it.
const Kind = enum { bool, int8, uint8, int16, uint16, int32, uint32, int64, uint64, int, float32, float64, pointer };

fn formOf(kind: Kind) gathering.Form {
    return switch (kind) {
        .bool => .boolean,
        .int8, .uint8 => .copy1,
        .int16, .uint16 => .copy2,
        .int32, .uint32, .float32 => .copy4,
        .int64, .uint64, .float64 => .copy8,
        .int => .double,
        .pointer => .pointer,
    };
}

/// NaN where there is one, else zero.
fn fillOf(kind: Kind) u64 {
    return switch (kind) {
        .float32 => @as(u32, @bitCast(std.math.nan(f32))),
        .float64, .int => @bitCast(std.math.nan(f64)),
        else => 0,
    };
}

/// gatherColumns(handle, layout, source, start, count, columns)
pub fn gatherColumns(call: *Call) Error!Value {
    const handle = try RegionHandle.unwrap(call, call.arguments[0]);
    return handle.checked(gatherColumnsIn(call, try handle.view(call.env)));
}

fn gatherColumnsIn(call: *Call, region: []const u8) Error!Value {
    const layout = try readLayout(call, call.arguments[1]);
    const count: usize = @intCast(try call.integer(4, "count"));
    const source = try readSource(call, call.arguments[2], region, call.arguments[3], count);
    var columns: [Layout.slots_max]gathering.Column = undefined;
    const column_count = try readColumns(call, call.arguments[5], &layout, count, &columns);
    const refused = switch (source) {
        inline else => |from| try gathering.gather(region, from, count, &layout, columns[0..column_count], &call.fault),
    };
    return call.number(if (refused) |cell| @floatFromInt(cell) else -1);
}

/// gatherPositions(handle, source, start, target, reach)
pub fn gatherPositions(call: *Call) Error!Value {
    const handle = try RegionHandle.unwrap(call, call.arguments[0]);
    return handle.checked(gatherPositionsIn(call, try handle.view(call.env)));
}

fn gatherPositionsIn(call: *Call, region: []const u8) Error!Value {
    if (values.elementsOf(i32, call.env, call.arguments[3])) |target| {
        return gatherPositionsInto(i32, call, region, target);
    }
    const target = values.elementsOf(f64, call.env, call.arguments[3]) orelse {
        return call.fault.invalid("expected target to be a Float64Array or an Int32Array", .{});
    };
    return gatherPositionsInto(f64, call, region, target);
}

fn gatherPositionsInto(comptime Position: type, call: *Call, region: []const u8, target: []Position) Error!Value {
    if (Position == i32 and region.len > std.math.maxInt(i32)) {
        return call.fault.invalid("expected a Float64Array for a region of 2 GiB", .{});
    }
    // What is fetched in advance does no harm, but it takes time.
    const reach = @min(try call.integer(4, "reach"), 1024);
    const source = try readSource(call, call.arguments[1], region, call.arguments[2], target.len);
    switch (source) {
        inline else => |from| try gathering.locate(Position, region, from, target, reach, &call.fault),
    }
    return call.undefinedValue();
}

fn readLayout(call: *Call, value: Value) Error!Layout {
    const bitmap = std.enums.fromInt(
        Layout.Bitmap,
        std.math.cast(u8, try call.integerOf(try call.property(value, "bitmapBytes"), "bitmapBytes")) orelse 0,
    ) orelse return call.fault.invalid("expected bitmapBytes to be 1, 2, 4 or 8", .{});
    const sizes = values.bytesOf(call.env, try call.property(value, "sizes")) orelse {
        return call.fault.invalid("expected sizes to be a Uint8Array", .{});
    };
    return Layout.init(bitmap, sizes) orelse call.fault.invalid("expected sizes of 1, 2, 4 or 8 bytes that fit the bitmap", .{});
}

/// The records `[start, start + count)` of a source, of which all fit into the region.
fn readSource(call: *Call, value: Value, region: []const u8, start_value: Value, count: usize) Error!Source {
    const start = try call.integerOf(start_value, "start");
    const from = try call.choice(From, try call.property(value, "from"), "from");
    if (from == .positions) {
        const positions = values.elementsOf(f64, call.env, try call.property(value, "positions")) orelse {
            return call.fault.invalid("expected positions to be a Float64Array", .{});
        };
        try requireRange(call, start, count, positions.len);
        return .{ .positions = .{ .positions = positions[@intCast(start)..][0..count] } };
    }
    const array = try record_arrays.read(call, value, region.len);
    if (from == .numbers) {
        try requireRange(call, start, count, array.count);
        return .{ .numbers = .{ .array = array, .first = start } };
    }
    const width = try call.width(try call.property(value, "width"));
    const row_count = try call.integerOf(try call.property(value, "rowCount"), "rowCount");
    const row_size = try call.integerOf(try call.property(value, "rowBytes"), "rowBytes");
    const rows_offset = try call.integerOf(try call.property(value, "rowsOffset"), "rowsOffset");
    try requireRange(call, start, count, row_count);
    const column_size: u64 = if (width == .wide) 8 else 4;
    if (row_size < column_size) return call.fault.invalid("expected rowBytes to hold a column", .{});
    if (rows_offset > region.len or row_count > (region.len - rows_offset) / row_size) {
        return call.fault.corrupt(rows_offset, "the rows of an id table do not fit into the region");
    }
    const values_offset = rows_offset + row_size - column_size;
    return switch (width) {
        .narrow => .{ .narrow_rows = rowsOf(u32, array, values_offset, row_size, start) },
        .wide => .{ .wide_rows = rowsOf(u64, array, values_offset, row_size, start) },
    };
}

fn rowsOf(comptime Column: type, array: RecordArray, values_offset: u64, row_size: u64, first: u64) gathering.Rows(Column) {
    return .{ .array = array, .values_offset = values_offset, .row_size = row_size, .first = first };
}

fn requireRange(call: *Call, start: u64, count: usize, available: u64) Error!void {
    if (start <= available and count <= available - start) return;
    return call.fault.invalid("expected {d} records from {d} on, there are {d}", .{ count, start, available });
}

fn readColumns(
    call: *Call,
    value: Value,
    layout: *const Layout,
    count: usize,
    columns: *[Layout.slots_max]gathering.Column,
) Error!usize {
    var length: u32 = undefined;
    if (api.call(.napi_get_array_length, .{ call.env, value, &length }) != c.napi_ok or length > columns.len) {
        return call.fault.invalid("expected columns to be an array of at most {d}", .{columns.len});
    }
    for (columns[0..length], 0..) |*column, index| {
        var element: Value = undefined;
        try call.check(api.call(.napi_get_element, .{ call.env, value, @as(u32, @intCast(index)), &element }));
        column.* = try readColumn(call, element, layout, count);
    }
    return length;
}

fn readColumn(call: *Call, value: Value, layout: *const Layout, count: usize) Error!gathering.Column {
    const kind = try call.choice(Kind, try call.property(value, "kind"), "kind");
    const form = formOf(kind);
    const slot = try readSlot(call, value, layout, form);
    const memory = values.bytesOf(call.env, try call.property(value, "values")) orelse {
        return call.fault.invalid("expected values to be a Uint8Array", .{});
    };
    // Absent or empty: nobody asks.
    const mask: []u8 = values.bytesOf(call.env, try call.property(value, "mask")) orelse &.{};
    if (memory.len / form.fieldSize() < count or (mask.len > 0 and mask.len < count)) {
        return call.fault.invalid("expected room for {d} values", .{count});
    }
    return .{
        .form = form,
        .slot = slot,
        .values = memory[0 .. count * form.fieldSize()],
        .mask = mask,
        .fill = fillOf(kind),
        .refuses = try booleanOf(call, try call.property(value, "refuses")),
    };
}

/// A slot of the layout whose fields have the size of the form.
fn readSlot(call: *Call, value: Value, layout: *const Layout, form: gathering.Form) Error!u6 {
    const number = try call.integerOf(try call.property(value, "slot"), "slot");
    if (std.math.cast(u6, number)) |slot| {
        if (layout.all >> slot & 1 != 0 and layout.sizeOf(slot) == form.fieldSize()) return slot;
    }
    return call.fault.invalid("expected slot to be one of the layout, with the size of its kind", .{});
}

fn booleanOf(call: *Call, value: Value) Error!bool {
    var result: bool = undefined;
    if (api.call(.napi_get_value_bool, .{ call.env, value, &result }) == c.napi_ok) return result;
    return call.fault.invalid("expected refuses to be a boolean", .{});
}
