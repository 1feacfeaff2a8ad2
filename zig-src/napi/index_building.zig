//! Exports for building what leads searches to their rows: radix tables and direct tables.

const std = @import("std");
const api = @import("api.zig");
const building = @import("building.zig");
const builder = @import("../direct_table_builder.zig");
const direct_table = @import("../direct_table.zig");
const id_table = @import("../id_table.zig");
const radix_table = @import("../radix_table.zig");
const region_table = @import("../region_table.zig");
const state = @import("search_state.zig");
const values = @import("values.zig");
const Fault = @import("../faults.zig").Fault;
const c = api.c;
const Call = values.Call;
const Error = values.Error;
const RecordArray = @import("../record_array.zig").RecordArray;
const Value = values.Value;

/// fillRadixTable(rows, form, firstRow, radix, entries, next)
pub fn fillRadixTable(call: *Call) Error!Value {
    const row_bytes = try call.bytes(0, "rows");
    const form = call.arguments[1];
    const columns = try call.integerOf(try call.property(form, "columns"), "columns");
    if (columns != 2 and columns != 3) return call.fault.invalid("expected columns to be 2 or 3", .{});
    const first = try call.integer(2, "firstRow");
    const radix = call.arguments[3];
    const shift = try call.integerOf(try call.property(radix, "shift"), "shift");
    const base = try call.unsignedOf(try call.property(radix, "base"), "base");
    const entries = try entriesOf(call, try call.bytes(4, "entries"), try call.property(radix, "entryBytes"));
    const next = try call.integer(5, "next");
    switch (try call.width(try call.property(form, "width"))) {
        inline else => |width| {
            const Column = if (width == .wide) u64 else u32;
            if (shift >= @bitSizeOf(Column) or base > std.math.maxInt(Column) or next > entries.count()) {
                return call.fault.invalid("expected a shift, base and next entry that can be", .{});
            }
            var writer: radix_table.Writer(Column) = .{
                .base = @intCast(base),
                .shift = @intCast(shift),
                .entries = entries,
                .next = next,
            };
            inline for ([_]id_table.Kind{ .numeric, .string }) |kind| {
                if (columns == kind.columns()) {
                    const Rows = id_table.Rows(Column, kind);
                    const count = row_bytes.len / Rows.row_size;
                    writer.add(Rows.init(row_bytes[0 .. count * Rows.row_size], count), first);
                }
            }
            return call.number(@floatFromInt(writer.next));
        },
    }
}

/// finishRadixTable(rowCount, entries, entryBytes, next)
pub fn finishRadixTable(call: *Call) Error!Value {
    const row_count = try call.integer(0, "rowCount");
    const entries = try entriesOf(call, try call.bytes(1, "entries"), call.arguments[2]);
    const next = try call.integer(3, "next");
    if (next > entries.count()) return call.fault.invalid("expected a next entry that can be", .{});
    var writer: radix_table.Writer(u64) = .{ .base = 0, .shift = 0, .entries = entries, .next = next };
    writer.finish(row_count);
    return call.number(@floatFromInt(entries.largestBucket()));
}

fn entriesOf(call: *Call, bytes: []u8, entry_bytes: Value) Error!radix_table.Entries {
    if (bytes.len < 16) return call.fault.invalid("expected entries to have room", .{});
    return switch (try call.width(entry_bytes)) {
        .narrow => .{ .narrow = std.mem.bytesAsSlice(u32, bytes[0 .. bytes.len / 4 * 4]) },
        .wide => .{ .wide = std.mem.bytesAsSlice(u64, bytes[0 .. bytes.len / 8 * 8]) },
    };
}

/// directTableSizes(rowCount): the numbers that a writer of direct tables needs
pub fn directTableSizes(call: *Call) Error!Value {
    const row_count = try call.integer(0, "rowCount");
    var result: Value = undefined;
    try call.check(api.call(.napi_create_object, .{ call.env, &result }));
    const sizes = .{
        .homeCount = direct_table.homeCountFor(row_count),
        .spareCount = direct_table.probes_max,
        .lineBytes = direct_table.line_size,
    };
    inline for (comptime std.meta.fieldNames(@TypeOf(sizes))) |name| {
        const value = try call.number(@floatFromInt(@as(u64, @field(sizes, name))));
        try call.check(api.call(.napi_set_named_property, .{ call.env, result, name.ptr, value }));
    }
    return result;
}

/// The lines of a direct table to fill, and from which table.
pub const DirectFill = struct {
    source: Source,
    /// Held until the work is done, so that closing the region in the meantime takes nothing away from the thread that
    /// reads it.
    mapping: ?*region_table.Mapping,
    region: []const u8,
    window: direct_table.Window,
    is_last: bool,

    const Source = union(enum) {
        numbers_wide: *state.Search(u64, .numeric),
        numbers_narrow: *state.Search(u32, .numeric),
        strings_wide: *state.Search(u64, .string),
        strings_narrow: *state.Search(u32, .string),
    };

    /// (handle, spec, lines, firstLine, homeCount, isLast)
    fn read(call: *Call) Error!DirectFill {
        const spec = call.arguments[1];
        const answer = try call.choice(state.Answer, try call.property(spec, "answer"), "answer");
        if (answer != .value and answer != .position) return call.fault.invalid("expected values or positions", .{});
        const lines = try call.bytes(2, "lines");
        const first = try call.integer(3, "firstLine");
        const home_count = try call.integer(4, "homeCount");
        const is_last = try call.boolean(5, "isLast");
        const line_count = lines.len / direct_table.line_size;
        if (line_count <= direct_table.probes_max or first > home_count) {
            return call.fault.invalid("expected room for lines, and a first one of them", .{});
        }
        const keys = try call.choice(state.Keys, try call.property(spec, "keys"), "keys");
        const wide = try call.width(try call.property(spec, "width")) == .wide;
        const object = call.arguments[0];
        const source: Source = switch (keys) {
            .numeric => if (wide)
                .{ .numbers_wide = try .create(call, object, spec, answer) }
            else
                .{ .numbers_narrow = try .create(call, object, spec, answer) },
            .string => if (wide)
                .{ .strings_wide = try .create(call, object, spec, answer) }
            else
                .{ .strings_narrow = try .create(call, object, spec, answer) },
            .approx, .hash => return call.fault.invalid("expected keys that are numbers or strings", .{}),
        };
        const handle = switch (source) {
            inline else => |search| search.handle,
        };
        const region = handle.view(call.env) catch |err| {
            releaseSource(source, call.env);
            return err;
        };
        if (handle.mapping) |mapping| region_table.retain(mapping);
        return .{
            .source = source,
            .mapping = handle.mapping,
            .region = region,
            .window = .{
                .lines = lines[0 .. line_count * direct_table.line_size],
                .first = first,
                .home_count = home_count,
            },
            .is_last = is_last,
        };
    }

    /// On any thread. Answers 1, or 0 where there can be no such table.
    pub fn run(direct: DirectFill, fault: *Fault) error{ Corrupt, FileChanged }!usize {
        const result = direct.fillLines(fault);
        // What was read then may have been zeros, and so may what the lines were filled with.
        if (direct.mapping) |mapping| if (mapping.isLost()) return error.FileChanged;
        return result;
    }

    fn fillLines(direct: DirectFill, fault: *Fault) error{Corrupt}!usize {
        switch (direct.source) {
            .numbers_wide => |search| direct.fill(u64, .numeric, search, fault) catch |err| return overfull(err),
            .numbers_narrow => |search| direct.fill(u32, .numeric, search, fault) catch |err| return overfull(err),
            .strings_wide => |search| direct.fill(u64, .string, search, fault) catch |err| return overfull(err),
            .strings_narrow => |search| direct.fill(u32, .string, search, fault) catch |err| return overfull(err),
        }
        direct.window.seal(direct.is_last);
        return 1;
    }

    fn overfull(err: error{ Corrupt, Overfull }) error{Corrupt}!usize {
        return if (err == error.Overfull) 0 else error.Corrupt;
    }

    fn fill(
        direct: DirectFill,
        comptime Column: type,
        comptime kind: id_table.Kind,
        search: anytype,
        fault: *Fault,
    ) error{ Corrupt, Overfull }!void {
        const rows = search.rows(direct.region);
        const keys = search.keyRange(direct.region);
        if (search.array.end > 0) {
            const positions: Positions = .{ .array = &search.array, .region = direct.region };
            return builder.fill(Column, kind, rows, keys, positions, direct.window, fault);
        }
        return builder.fill(Column, kind, rows, keys, Values{}, direct.window, fault);
    }

    pub fn release(direct: DirectFill, env: c.napi_env) void {
        if (direct.mapping) |mapping| region_table.release(mapping);
        releaseSource(direct.source, env);
    }

    fn releaseSource(source: Source, env: c.napi_env) void {
        switch (source) {
            inline else => |search| search.release(env),
        }
    }
};

/// What is to be found is the value itself.
const Values = struct {
    pub fn prefetch(_: Values, _: u64) void {}

    pub fn of(_: Values, value: u64, _: *Fault) error{Corrupt}!u64 {
        return value;
    }
};

/// What is to be found is the position of the record that the value numbers, relative to the array.
const Positions = struct {
    array: *const RecordArray,
    region: []const u8,

    pub fn prefetch(positions: Positions, value: u64) void {
        positions.array.prefetchSlot(positions.region, value);
    }

    pub fn of(positions: Positions, value: u64, fault: *Fault) error{Corrupt}!u64 {
        return try positions.array.positionOfNumbered(positions.region, value, positions.array.index_offset, fault) - positions.array.offset;
    }
};

/// fillDirectTableSync(handle, spec, lines, firstLine, homeCount, isLast)
pub fn fillDirectTableSync(call: *Call) Error!Value {
    const fill = try DirectFill.read(call);
    defer fill.release(call.env);
    return call.number(@floatFromInt(try fill.run(&call.fault)));
}

/// fillDirectTable(handle, spec, lines, firstLine, homeCount, isLast)
pub fn fillDirectTable(call: *Call) Error!Value {
    return building.Job.start(call, .{ .direct = try DirectFill.read(call) });
}
