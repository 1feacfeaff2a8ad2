//! What a search in an id table needs to know, read from what JavaScript says of it and checked against the region:
//! where rows, keys and records are, and what leads to them faster. Searches of single keys and of many share it.
//!
//! What a section of a file says is used and never believed. Where it turns out wrong the search goes on without it.

const std = @import("std");
const api = @import("api.zig");
const direct_table = @import("../direct_table.zig");
const hashing = @import("../hash.zig");
const id_table = @import("../id_table.zig");
const record_arrays = @import("record_arrays.zig");
const values = @import("values.zig");
const DirectTable = direct_table.DirectTable;
const Fault = @import("../faults.zig").Fault;
const RecordArray = record_arrays.RecordArray;
const RadixTable = @import("../radix_table.zig").RadixTable;
const RegionHandle = @import("region_handle.zig").RegionHandle;
const c = api.c;
const Call = values.Call;
const Error = values.Error;
const Value = values.Value;

pub const Answer = enum { row, value, position, rows };

/// What is looked for.
pub const Keys = enum {
    /// Unsigned integers.
    numeric,
    /// Strings, by the hash that stands in for them; integers are such hashes.
    approx,
    /// Strings.
    string,
    /// The hashes of keys that are stored: whose keys they are, others know.
    hash,

    pub fn stored(comptime keys: Keys) id_table.Kind {
        return switch (keys) {
            .numeric, .approx => .numeric,
            .string, .hash => .string,
        };
    }
};

/// Of an id table, the header: where row 0 is, for one.
const header_size = 16;

/// Where a table is, checked against the size of its region.
const Table = struct {
    offset: u64,
    rows_offset: u64,
    row_count: u64,
    keys_end: u64,
};

/// A prefetch of whatever address cannot fault.
pub inline fn prefetchAt(region: []const u8, position: u64) void {
    @prefetch(region.ptr + @as(usize, @intCast(position)), .{});
}

/// Most records have their fixed fields in the first two lines.
pub inline fn prefetchRecord(region: []const u8, position: u64) void {
    prefetchAt(region, position);
    prefetchAt(region, position + std.atomic.cache_line);
}

pub fn Search(comptime Column: type, comptime keys: Keys) type {
    return struct {
        handle: *RegionHandle,
        table: Table,
        array: RecordArray,
        line: if (keys == .numeric) id_table.Interpolation(Column) else void,
        radix: ?RadixTable(Column),
        direct: ?DirectTable,
        /// Where the numbers of rows are put.
        found: []f64,

        const Self = @This();
        pub const Rows = id_table.Rows(Column, keys.stored());

        /// The search that `spec` describes. The caller calls `release` once.
        pub fn create(call: *Call, object: Value, spec: Value, answer: Answer) Error!*Self {
            const handle = try RegionHandle.unwrap(call, object);
            const region = try handle.view(call.env);
            const table = try readTable(call, spec, region.len, Rows.row_size, keys);
            const array: RecordArray = if (answer == .position) try record_arrays.read(call, spec, region.len) else .{};
            const radix = try readPlace(call, spec, "radixOffset", "radixLength");
            const direct = try readPlace(call, spec, "directOffset", "directLength");
            const search = try call.environment.create(Self);
            search.* = .{
                .handle = handle,
                .table = table,
                .array = array,
                .line = undefined,
                .radix = if (radix) |place| .read(region, place.position, place.length) else null,
                .direct = if (direct) |place| readDirect(region, place, answer) else null,
                .found = &.{},
            };
            if (keys == .numeric) search.line = .init(search.rows(region));
            handle.retain();
            return search;
        }

        fn readDirect(region: []const u8, place: Place, answer: Answer) ?DirectTable {
            if (keys != .numeric and keys != .string) return null;
            return switch (answer) {
                .value => .read(region, place.position, place.length, .values),
                .position => .read(region, place.position, place.length, .positions),
                .row, .rows => null,
            };
        }

        pub fn release(search: *Self, env: c.napi_env) void {
            const handle = search.handle;
            handle.environment.destroy(search);
            handle.release(env);
        }

        pub fn finalize(env: c.napi_env, data: ?*anyopaque, _: ?*anyopaque) callconv(.c) void {
            const search: *Self = @ptrCast(@alignCast(data));
            search.release(env);
        }

        pub inline fn rows(search: *const Self, region: []const u8) Rows {
            const size = search.table.row_count * Rows.row_size;
            const bytes = region[@intCast(search.table.rows_offset)..][0..@intCast(size)];
            return .init(bytes, @intCast(search.table.row_count));
        }

        pub inline fn keyRange(search: *const Self, region: []const u8) id_table.KeyRange {
            return .{
                .region = region,
                .origin = search.table.offset,
                .start = search.table.offset + header_size,
                .end = search.table.keys_end,
            };
        }

        pub inline fn hint(search: *const Self, key: Column) usize {
            if (keys == .numeric) return search.line.hint(key);
            return id_table.hashHint(Column, key, @intCast(search.table.row_count));
        }

        /// The first row whose first column is not below `wanted`.
        pub inline fn lowerBound(search: *Self, region: []const u8, table: Rows, wanted: Column) usize {
            if (search.radix) |*radix| {
                if (radix.lowerBound(region, table, wanted)) |row| return row;
            }
            return search.plainLowerBound(table, wanted);
        }

        /// Without the radix table: there is none, or it was found to be wrong.
        fn plainLowerBound(search: *Self, table: Rows, wanted: Column) usize {
            search.radix = null;
            return table.lowerBound(wanted, search.hint(wanted));
        }

        /// The first row with that number, or hash.
        pub inline fn rowOfNumber(search: *Self, region: []const u8, table: Rows, wanted: Column) ?usize {
            const row = search.lowerBound(region, table, wanted);
            return if (row < table.count and table.key(row) == wanted) row else null;
        }

        /// The first row with the string. `expecting` is told the value of each row that may be the one before its key
        /// is compared, so that it can fetch what comes next in the meantime.
        pub inline fn rowOfString(
            search: *Self,
            region: []const u8,
            table: Rows,
            key: []const u8,
            hash: Column,
            expecting: anytype,
            fault: *Fault,
        ) error{Corrupt}!?usize {
            const row = search.lowerBound(region, table, hash);
            return id_table.findStringFrom(Column, table, search.keyRange(region), key, hash, row, expecting, fault);
        }

        /// Where in the direct table a key belongs.
        pub inline fn directSpread(first_column: Column) u64 {
            return if (keys == .string)
                direct_table.spreadHash(Column, first_column)
            else
                direct_table.spreadNumber(first_column);
        }

        /// What the direct table has for a key; `null` where the rows are to be asked.
        pub inline fn directPayload(
            search: *Self,
            region: []const u8,
            first_column: Column,
            key: []const u8,
            comptime answer: Answer,
        ) ?u64 {
            const direct = if (search.direct) |*direct| direct else return null;
            const home = direct.home(directSpread(first_column));
            const found = if (keys == .string)
                direct.find(region, home, StringMatcher(answer){
                    .search = search,
                    .region = region,
                    .key = key,
                    .hash = first_column,
                })
            else
                direct.find(region, home, NumberMatcher{ .key = first_column });
            switch (found) {
                .payload => |payload| {
                    if (answer != .position or search.array.isWithin(payload)) return payload;
                    search.direct = null;
                },
                .absent => {},
                .wrong => search.direct = null,
            }
            return null;
        }

        const NumberMatcher = struct {
            key: u64,

            pub inline fn matches(matcher: NumberMatcher, stored: u64, _: u64) ?bool {
                return stored == matcher.key;
            }
        };

        fn StringMatcher(comptime answer: Answer) type {
            return struct {
                search: *const Self,
                region: []const u8,
                key: []const u8,
                hash: Column,

                pub inline fn matches(matcher: @This(), stored: u64, payload: u64) ?bool {
                    if (!direct_table.mayBe(stored, matcher.hash)) return false;
                    if (answer == .position and matcher.search.array.isWithin(payload)) {
                        prefetchRecord(matcher.region, matcher.search.array.offset + payload);
                    }
                    var fault: Fault = .{};
                    const range = matcher.search.keyRange(matcher.region);
                    const string = range.at(direct_table.pointerOf(stored), 0, &fault) catch return null;
                    return string.equals(matcher.key, &fault) catch null;
                }
            };
        }
    };
}

/// Calls `create` for the columns and the keys that `spec` says.
pub fn withForm(call: *Call, spec: Value, comptime create: anytype) Error!Value {
    const width = try call.width(try call.property(spec, "width"));
    const keys = try call.choice(Keys, try call.property(spec, "keys"), "keys");
    switch (width) {
        inline else => |w| switch (keys) {
            inline else => |k| return create(if (w == .wide) u64 else u32, k, call, spec),
        },
    }
}

pub fn hashOf(comptime Column: type, text: []const u8) Column {
    return hashing.hashFor(Column, text);
}

fn readTable(call: *Call, spec: Value, region_size: u64, row_size: u64, keys: Keys) Error!Table {
    const table: Table = .{
        .offset = try call.integerOf(try call.property(spec, "tableOffset"), "tableOffset"),
        .rows_offset = try call.integerOf(try call.property(spec, "rowsOffset"), "rowsOffset"),
        .row_count = try call.integerOf(try call.property(spec, "rowCount"), "rowCount"),
        .keys_end = try call.integerOf(try call.property(spec, "keysEnd"), "keysEnd"),
    };
    if (table.rows_offset > region_size or table.row_count > (region_size - table.rows_offset) / row_size) {
        return call.fault.corrupt(table.rows_offset, "the rows of an id table do not fit into the region");
    }
    if (keys == .string and (table.offset > region_size or table.keys_end > region_size)) {
        return call.fault.corrupt(table.offset, "the keys of an id table do not fit into the region");
    }
    return table;
}

const Place = struct { position: u64, length: u64 };

/// Where the body of a section is; `null` where there is none.
fn readPlace(call: *Call, spec: Value, comptime offset: [:0]const u8, comptime length: [:0]const u8) Error!?Place {
    const position = try call.property(spec, offset);
    var kind: c.napi_valuetype = undefined;
    try call.check(api.call(.napi_typeof, .{ call.env, position, &kind }));
    if (kind == c.napi_undefined) return null;
    return .{
        .position = try call.integerOf(position, offset),
        .length = try call.integerOf(try call.property(spec, length), length),
    };
}
