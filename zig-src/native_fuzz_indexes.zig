//! The part of native_fuzz.zig about what leads searches to their rows: radix and direct tables over rows of its own,
//! which are changed together with these. Whatever is changed, an answer is right for the rows as they are, or there is
//! none.

const std = @import("std");
const direct_builder = @import("direct_table_builder.zig");
const direct_table = @import("direct_table.zig");
const hashing = @import("hash.zig");
const id_table = @import("id_table.zig");
const id_table_builder = @import("id_table_builder.zig");
const radix_table = @import("radix_table.zig");
const fuzz = @import("native_fuzz.zig");
const Fault = @import("faults.zig").Fault;
const Random = std.Random;

const row_max = 200;
const probes = 8;

/// Where the parts of a block are.
const Place = struct {
    start: usize,
    length: usize,

    fn of(place: Place, block: []u8) []u8 {
        return block[place.start..][0..place.length];
    }
};

pub fn use(random: Random, seen: *fuzz.Seen) !void {
    inline for (.{ u32, u64 }) |Column| {
        try useRadix(Column, random, seen);
        try useDirect(Column, .numeric, random, seen);
        try useDirect(Column, .string, random, seen);
    }
}

/// Rows in order, and behind them a radix table over them.
fn useRadix(comptime Column: type, random: Random, seen: *fuzz.Seen) !void {
    const Rows = id_table.Rows(Column, .numeric);
    const count = 1 + random.uintLessThan(usize, row_max);
    const bucket_count: usize = @as(usize, 2) << random.uintLessThan(u3, 7);
    const entry_size: usize = if (random.boolean()) 4 else 8;
    const rows_place: Place = .{ .start = 0, .length = count * Rows.row_size };
    const radix_place: Place = .{
        .start = rows_place.length,
        .length = radix_table.header_size + (bucket_count + 1) * entry_size,
    };
    const whole = try fuzz.memory.alloc(u8, radix_place.start + radix_place.length);
    defer fuzz.memory.free(whole);
    try numberRows(Column, rows_place.of(whole), random);
    const rows: Rows = .init(rows_place.of(whole), count);
    var shift: std.math.Log2Int(Column) = 0;
    while ((rows.key(count - 1) - rows.key(0)) >> shift >= bucket_count) shift += 1;
    const body = radix_place.of(whole);
    std.mem.writeInt(u64, body[0..8], rows.key(0), .little);
    std.mem.writeInt(u32, body[8..12], shift, .little);
    std.mem.writeInt(u32, body[12..16], @intCast(entry_size), .little);
    std.mem.writeInt(u64, body[16..24], bucket_count, .little);
    const entries = body[radix_table.header_size..];
    var writer: radix_table.Writer(Column) = .{
        .base = rows.key(0),
        .shift = shift,
        .entries = if (entry_size == 4)
            .{ .narrow = std.mem.bytesAsSlice(u32, entries) }
        else
            .{ .wide = std.mem.bytesAsSlice(u64, entries) },
        .next = 0,
    };
    writer.add(rows, 0);
    writer.finish(count);
    const input = try fuzz.change(whole, random);
    defer fuzz.memory.free(input);
    if (input.len < rows_place.length) return;
    const changed: Rows = .init(rows_place.of(input), count);
    for (0..probes) |_| {
        seen.calls += 1;
        const at = if (random.boolean()) radix_place.start else random.uintAtMost(usize, input.len + 8);
        const length = if (random.boolean()) radix_place.length else random.uintAtMost(usize, input.len + 8);
        const radix = radix_table.RadixTable(Column).read(input, at, length) orelse continue;
        const wanted = keyOf(Column, changed, random);
        radix.prefetch(input, random.int(u64));
        const row = radix.lowerBound(input, changed, wanted) orelse continue;
        std.debug.assert(changed.isLowerBound(row, wanted));
        seen.found += 1;
    }
}

/// Rows in order with keys that few bits tell apart, so that some are equal.
fn numberRows(comptime Column: type, bytes: []u8, random: Random) !void {
    const rows = std.mem.bytesAsSlice([2]Column, bytes);
    const mask = @as(Column, std.math.maxInt(Column)) >> random.int(std.math.Log2Int(Column));
    for (rows, 0..) |*row, i| row.* = .{ random.int(Column) & mask, @intCast(i) };
    try sort(Column, 2, rows);
}

fn sort(comptime Column: type, comptime columns: comptime_int, rows: []align(1) [columns]Column) !void {
    const scratch = try fuzz.memory.alloc([columns]Column, rows.len);
    defer fuzz.memory.free(scratch);
    id_table_builder.sort(Column, columns, rows, scratch, false);
}

fn keyOf(comptime Column: type, rows: id_table.Rows(Column, .numeric), random: Random) Column {
    return if (random.boolean()) rows.key(random.uintLessThan(usize, rows.count)) else random.int(Column);
}

/// What is to be found is the value, as stored.
const Values = struct {
    pub fn prefetch(_: Values, _: u64) void {}

    pub fn of(_: Values, value: u64, _: *Fault) error{Corrupt}!u64 {
        return value;
    }
};

fn Number(comptime Column: type) type {
    return struct {
        key: Column,

        pub fn matches(number: @This(), stored: u64, _: u64) ?bool {
            return stored == number.key;
        }
    };
}

fn String(comptime Column: type) type {
    return struct {
        keys: id_table.KeyRange,
        key: []const u8,
        hash: Column,

        pub fn matches(string: @This(), stored: u64, _: u64) ?bool {
            if (!direct_table.mayBe(stored, string.hash)) return false;
            var fault: Fault = .{};
            const found = string.keys.at(direct_table.pointerOf(stored), 0, &fault) catch return null;
            return found.equals(string.key, &fault) catch null;
        }
    };
}

const header_size = 16;

/// A table as it is stored (header, strings, rows), and behind it a direct table. The direct table is also filled from
/// rows and strings that were changed before.
fn useDirect(comptime Column: type, comptime kind: id_table.Kind, random: Random, seen: *fuzz.Seen) !void {
    const Rows = id_table.Rows(Column, kind);
    const count = random.uintAtMost(usize, row_max);
    const string_size = 2 + 4;
    const rows_place: Place = .{
        .start = header_size + if (kind == .string) count * string_size else 0,
        .length = count * Rows.row_size,
    };
    const homes = direct_table.homeCountFor(count);
    const direct_place: Place = .{
        .start = rows_place.start + rows_place.length,
        .length = direct_table.line_size + @as(usize, @intCast((homes + direct_table.probes_max) * direct_table.line_size)),
    };
    const whole = try fuzz.memory.alloc(u8, direct_place.start + direct_place.length);
    defer fuzz.memory.free(whole);
    @memset(whole, 0);
    if (kind == .string) try stringRows(Column, whole, rows_place, random) else try numberRows(Column, rows_place.of(whole), random);

    if (random.boolean()) fuzz.edit(whole[0..direct_place.start], random);
    const body = direct_place.of(whole);
    direct_table.writeHeader(body[0..direct_table.header_size], direct_table.line_size, .values, homes);
    var fault: Fault = .{};
    const lines = body[direct_table.line_size..];
    const window: direct_table.Window = .{ .lines = lines, .first = 0, .home_count = homes };
    const filled = direct_builder.fill(Column, kind, .init(rows_place.of(whole), count), keysOf(whole, rows_place), Values{}, window, &fault);
    seen.calls += 1;
    filled catch |err| switch (err) {
        error.Corrupt => seen.corrupt += 1,
        error.Overfull => {},
    };
    window.seal(true);

    const input = try fuzz.change(whole, random);
    defer fuzz.memory.free(input);
    if (input.len < direct_place.start) return;
    const rows: Rows = .init(rows_place.of(input), count);
    for (0..probes) |_| {
        seen.calls += 1;
        const at = if (random.boolean()) direct_place.start else random.uintAtMost(usize, input.len + 8);
        const length = if (random.boolean()) direct_place.length else random.uintAtMost(usize, input.len + 8);
        const table = direct_table.DirectTable.read(input, at, length, .values) orelse continue;
        const column = if (count > 0 and random.boolean()) rows.key(random.uintLessThan(usize, count)) else random.int(Column);
        const answer = switch (kind) {
            .numeric => table.find(input, table.home(direct_table.spreadNumber(column)), Number(Column){ .key = column }),
            .string => findString(Column, table, input, rows_place, column, random),
        };
        if (answer != .payload) continue;
        seen.found += 1;
        // A line that was changed does not count, so this is what it was filled with.
        std.debug.assert(holdsValue(Column, kind, .init(rows_place.of(whole), count), answer.payload));
    }
}

fn holdsValue(comptime Column: type, comptime kind: id_table.Kind, rows: id_table.Rows(Column, kind), value: u64) bool {
    for (0..rows.count) |row| if (rows.value(row) == value) return true;
    return false;
}

fn findString(
    comptime Column: type,
    table: direct_table.DirectTable,
    input: []const u8,
    rows_place: Place,
    column: Column,
    random: Random,
) direct_table.Answer {
    const keys = keysOf(input, rows_place);
    var key: [4]u8 = undefined;
    std.mem.writeInt(u32, &key, random.uintLessThan(u32, row_max), .little);
    const hash = if (random.boolean()) column else hashing.hashFor(Column, &key);
    const home = table.home(direct_table.spreadHash(Column, hash));
    table.prefetch(input, home);
    table.prefetchStored(input, home, hash, keys);
    return table.find(input, home, String(Column){ .keys = keys, .key = &key, .hash = hash });
}

fn keysOf(block: []const u8, rows_place: Place) id_table.KeyRange {
    return .{ .region = block, .origin = 0, .start = header_size, .end = rows_place.start };
}

/// Strings of four bytes behind the header, some of them equal, and the rows that lead to them.
fn stringRows(comptime Column: type, whole: []u8, rows_place: Place, random: Random) !void {
    const rows = std.mem.bytesAsSlice([3]Column, rows_place.of(whole));
    var position: usize = header_size;
    for (rows, 0..) |*row, i| {
        var key: [4]u8 = undefined;
        std.mem.writeInt(u32, &key, random.uintLessThan(u32, row_max), .little);
        std.mem.writeInt(u16, whole[position..][0..2], key.len, .little);
        whole[position + 2 ..][0..4].* = key;
        row.* = .{ hashing.hashFor(Column, &key), @intCast(position), @intCast(i) };
        position += 2 + key.len;
    }
    try sort(Column, 3, rows);
}
