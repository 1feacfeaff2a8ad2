//! Searching exact id tables: rows sorted by their first column, unsigned, which is a number or the hash of a string.
//!
//! Generic over the width of columns, so that nothing branches on it in a loop. Whatever the rows hold, a search ends
//! after O(log n) steps (and the rows with the key's own hash) and reads nothing outside of the bytes it was given;
//! rows out of order only make it miss. It does not look at the header of a table: its caller has.

const std = @import("std");
const strings = @import("strings.zig");
const Fault = @import("faults.zig").Fault;

/// How keys are stored.
pub const Kind = enum {
    /// Rows of (key, value), where the key may be the hash of something that is not stored.
    numeric,
    /// Rows of (hash, key_ptr, value).
    string,

    pub fn columns(comptime kind: Kind) comptime_int {
        return switch (kind) {
            .numeric => 2,
            .string => 3,
        };
    }
};

/// The rows of a table, unaligned.
pub fn Rows(comptime Column: type, comptime kind: Kind) type {
    return struct {
        start: [*]const u8,
        count: usize,

        const Self = @This();
        const column_size = @sizeOf(Column);
        pub const row_size = column_size * kind.columns();

        pub fn init(bytes: []const u8, count: usize) Self {
            std.debug.assert(bytes.len == count * row_size);
            return .{ .start = bytes.ptr, .count = count };
        }

        pub inline fn column(rows: Self, row: usize, comptime number: comptime_int) Column {
            std.debug.assert(row < rows.count);
            const from = rows.start + row * row_size + number * column_size;
            return std.mem.readInt(Column, from[0..column_size], .little);
        }

        pub inline fn key(rows: Self, row: usize) Column {
            return rows.column(row, 0);
        }

        pub inline fn value(rows: Self, row: usize) Column {
            return rows.column(row, kind.columns() - 1);
        }

        /// The first row whose key is not below `wanted`. The nearer the hint, the faster: from there it skips ahead
        /// in doubling steps until it has passed the key, then halves what lies between.
        pub fn lowerBound(rows: Self, wanted: Column, hint: usize) usize {
            if (rows.count == 0) return 0;
            var low: usize = 0;
            var high: usize = rows.count;
            const from = @min(hint, rows.count - 1);
            var step: usize = first_step;
            if (rows.key(from) < wanted) {
                low = from + 1;
                while (step < high - low) : (step *= 2) {
                    if (rows.key(low + step) >= wanted) {
                        high = low + step;
                        break;
                    }
                    low += step + 1;
                }
            } else {
                high = from;
                while (step < high) : (step *= 2) {
                    if (rows.key(high - step) < wanted) {
                        low = high - step + 1;
                        break;
                    }
                    high -= step;
                }
            }
            return rows.halve(wanted, low, high);
        }

        fn halve(rows: Self, wanted: Column, start: usize, end: usize) usize {
            var low = start;
            var high = end;
            while (low < high) {
                const middle = low + (high - low) / 2;
                if (rows.key(middle) < wanted) low = middle + 1 else high = middle;
            }
            return low;
        }

        /// The first row of `[start, end)` whose key is not below `wanted`; `end` where there is none.
        pub inline fn lowerBoundWithin(rows: Self, wanted: Column, start: usize, end: usize) usize {
            // Few rows lie in as few cache lines, which are read ahead one after the other.
            if (end - start > linear_max) return rows.halve(wanted, start, end);
            var row = start;
            while (row < end and rows.key(row) < wanted) row += 1;
            return row;
        }

        /// Whether no row before `row` has the key and none from there on lacks it for being lower, as far as the two
        /// rows beside the place tell: all of it where rows are in order.
        pub inline fn isLowerBound(rows: Self, row: usize, wanted: Column) bool {
            if (row < rows.count and rows.key(row) < wanted) return false;
            return row == 0 or rows.key(row - 1) < wanted;
        }
    };
}

const linear_max = 16;

/// In rows; a hint is rarely nearer, and what lies between is in few cache lines.
const first_step = 32;

/// Where a uniformly distributed hash should be among `count` rows.
pub inline fn hashHint(comptime Column: type, hash: Column, count: usize) usize {
    const wide = std.math.mulWide(u64, hash, count);
    return @intCast(wide >> @bitSizeOf(Column));
}

/// Guesses where a number is among the rows, from the first and the last of them.
pub fn Interpolation(comptime Column: type) type {
    return struct {
        first: Column,
        rows_per_unit: f64,

        pub fn init(rows: Rows(Column, .numeric)) @This() {
            if (rows.count == 0) return .{ .first = 0, .rows_per_unit = 0 };
            const first = rows.key(0);
            const last = rows.key(rows.count - 1);
            const steps: f64 = @floatFromInt(rows.count - 1);
            if (last <= first) return .{ .first = first, .rows_per_unit = 0 };
            return .{ .first = first, .rows_per_unit = steps / @as(f64, @floatFromInt(last - first)) };
        }

        /// May be beyond the last row.
        pub inline fn hint(line: @This(), key: Column) usize {
            const guess = @as(f64, @floatFromInt(key -| line.first)) * line.rows_per_unit;
            // Keys far beyond the last row would overflow; they are absent, wherever the search begins.
            return if (guess < 1 << 52) @trunc(guess) else std.math.maxInt(usize);
        }
    };
}

/// The first row with that in its first column, if there is one; fast where the hint is near.
pub fn findNumber(
    comptime Column: type,
    comptime kind: Kind,
    rows: Rows(Column, kind),
    key: Column,
    hint: usize,
) ?usize {
    const row = rows.lowerBound(key, hint);
    return if (row < rows.count and rows.key(row) == key) row else null;
}

/// Where the keys of a string table are.
pub const KeyRange = struct {
    region: []const u8,
    /// What pointers to keys are relative to.
    origin: u64,
    start: u64,
    end: u64,

    pub fn at(range: KeyRange, pointer: u64, row_position: u64, fault: *Fault) error{Corrupt}!strings.Stored {
        const position = range.origin +% pointer;
        if (position < range.start or position >= range.end) {
            return fault.corrupt(row_position, "a row of an id table points to a key outside of the table");
        }
        return strings.at(range.region, position, range.end, fault);
    }

    /// Fetches the string, wherever that is: a prefetch cannot fault.
    pub inline fn prefetch(range: KeyRange, pointer: u64) void {
        @prefetch(range.region.ptr + @as(usize, @intCast(range.origin +% pointer)), .{});
    }
};

/// The first row with the string, if there is one. `expecting` is told the value of each row that may be the one
/// before its key is compared, so that it can fetch what comes next in the meantime.
pub fn findString(
    comptime Column: type,
    rows: Rows(Column, .string),
    keys: KeyRange,
    key: []const u8,
    hash: Column,
    expecting: anytype,
    fault: *Fault,
) error{Corrupt}!?usize {
    const row = rows.lowerBound(hash, hashHint(Column, hash, rows.count));
    return findStringFrom(Column, rows, keys, key, hash, row, expecting, fault);
}

/// The first row from `start` on with the string, before any row with another hash. Rows with the same string need
/// not lie together: those of other strings with the same hash may be among them.
pub fn findStringFrom(
    comptime Column: type,
    rows: Rows(Column, .string),
    keys: KeyRange,
    key: []const u8,
    hash: Column,
    start: usize,
    expecting: anytype,
    fault: *Fault,
) error{Corrupt}!?usize {
    var row = start;
    while (row < rows.count and rows.key(row) == hash) : (row += 1) {
        expecting.expect(rows.value(row));
        const position = @intFromPtr(rows.start) + row * @TypeOf(rows).row_size - @intFromPtr(keys.region.ptr);
        const stored = try keys.at(rows.column(row, 1), position, fault);
        if (try stored.equals(key, fault)) return row;
    }
    return null;
}

const testing = std.testing;
const builder = @import("id_table_builder.zig");
const hashing = @import("hash.zig");

fn searchNumbers(comptime Column: type, random: std.Random, sorted: bool, mask: Column) !void {
    var rows: [700][2]Column = undefined;
    var scratch: [700][2]Column = undefined;
    const count = random.uintAtMost(usize, rows.len);
    for (rows[0..count], 0..) |*row, i| row.* = .{ random.int(Column) & mask, @intCast(i) };
    if (sorted) builder.sort(Column, 2, rows[0..count], &scratch, false);
    const table: Rows(Column, .numeric) = .init(std.mem.sliceAsBytes(rows[0..count]), count);
    const line: Interpolation(Column) = .init(table);
    for (0..200) |round| {
        const present = round % 2 == 0 and count > 0;
        const key = if (present) rows[random.uintLessThan(usize, count)][0] else random.int(Column) & mask;
        const found = findNumber(Column, .numeric, table, key, line.hint(key));
        if (found) |row| try testing.expectEqual(key, rows[row][0]);
        if (!sorted) continue;
        const expected = for (rows[0..count], 0..) |row, i| {
            if (row[0] == key) break i;
        } else null;
        try testing.expectEqual(expected, found);
    }
}

test "numbers are found where they are, first row first, and nothing breaks out of order" {
    var prng: std.Random.DefaultPrng = .init(4);
    const random = prng.random();
    inline for (.{ u32, u64 }) |Column| {
        for (0..60) |round| {
            const mask = @as(Column, std.math.maxInt(Column)) >> @intCast(round % @bitSizeOf(Column));
            try searchNumbers(Column, random, true, mask);
            try searchNumbers(Column, random, false, mask);
        }
    }
}

test "skewed numbers are found as well" {
    inline for (.{ u32, u64 }) |Column| {
        var rows: [3 * @bitSizeOf(Column)][2]Column = undefined;
        for (&rows, 0..) |*row, i| {
            const base = @as(Column, 1) << @intCast(i / 3);
            row.* = .{ base + @as(Column, @intCast(i % 3 * (i / 9))), 0 };
        }
        var scratch = rows;
        builder.sort(Column, 2, &rows, &scratch, false);
        const table: Rows(Column, .numeric) = .init(std.mem.sliceAsBytes(&rows), rows.len);
        const line: Interpolation(Column) = .init(table);
        for (rows) |row| {
            const found = findNumber(Column, .numeric, table, row[0], line.hint(row[0])).?;
            try testing.expectEqual(row[0], rows[found][0]);
            try testing.expect(found == 0 or rows[found - 1][0] < row[0]);
        }
        for ([_]Column{ 0, std.math.maxInt(Column) }) |absent| {
            try testing.expectEqual(null, findNumber(Column, .numeric, table, absent, line.hint(absent)));
        }
    }
}

/// Counts the rows whose keys were compared.
const Expecting = struct {
    count: *usize,

    pub fn expect(expecting: Expecting, _: u64) void {
        expecting.count.* += 1;
    }
};

fn searchStrings(comptime Column: type, region: []u8, random: std.Random, collide: bool) !void {
    const count = 400;
    const key_size = 8;
    var rows: [count][3]Column = undefined;
    var scratch: [count][3]Column = undefined;
    // A header of 16 bytes, the keys, the rows.
    for (0..count) |i| {
        const at = 16 + i * key_size;
        std.mem.writeInt(u16, region[at..][0..2], 6, .little);
        _ = try std.fmt.bufPrint(region[at + 2 ..][0..6], "{d:0>6}", .{i / 2 * 2 + 1000});
        const hash = hashing.hashFor(Column, region[at + 2 ..][0..6]);
        rows[i] = .{ if (collide) hash & 3 else hash, @intCast(at), @intCast(i) };
    }
    builder.sort(Column, 3, &rows, &scratch, false);
    const keys_end = 16 + count * key_size;
    const row_bytes = std.mem.sliceAsBytes(&rows);
    @memcpy(region[keys_end..][0..row_bytes.len], row_bytes);
    const table: Rows(Column, .string) = .init(region[keys_end..][0..row_bytes.len], count);
    const keys: KeyRange = .{ .region = region, .origin = 0, .start = 16, .end = keys_end };
    var fault: Fault = .{};
    var compared: usize = 0;
    for (0..2000) |_| {
        var buffer: [6]u8 = undefined;
        const number = random.intRangeAtMost(usize, 900, 1500);
        const key = try std.fmt.bufPrint(&buffer, "{d:0>6}", .{number});
        const full = hashing.hashFor(Column, key);
        const hash = if (collide) full & 3 else full;
        const found = try findString(Column, table, keys, key, hash, Expecting{ .count = &compared }, &fault);
        if (number < 1000 or number >= 1000 + count or number % 2 == 1) {
            try testing.expectEqual(null, found);
        } else {
            // Each key is there twice, the first row is the one stored first.
            try testing.expectEqual(number - 1000, table.value(found.?));
            const expecting: Expecting = .{ .count = &compared };
            const second = try findStringFrom(Column, table, keys, key, hash, found.? + 1, expecting, &fault);
            try testing.expectEqual(number - 999, table.value(second.?));
            const start = second.? + 1;
            const third = try findStringFrom(Column, table, keys, key, hash, start, expecting, &fault);
            try testing.expectEqual(null, third);
        }
    }
}

test "strings are found, with equal keys and equal hashes" {
    var prng: std.Random.DefaultPrng = .init(5);
    var region: [16 + 400 * (8 + 24)]u8 = undefined;
    inline for (.{ u32, u64 }) |Column| {
        try searchStrings(Column, &region, prng.random(), false);
        try searchStrings(Column, &region, prng.random(), true);
    }
}

test "garbage for a string table misses or is corrupt, and nothing else" {
    var prng: std.Random.DefaultPrng = .init(6);
    const random = prng.random();
    var region: [2048]u8 = undefined;
    inline for (.{ u32, u64 }) |Column| {
        const row_size = 3 * @sizeOf(Column);
        for (0..3000) |round| {
            random.bytes(&region);
            // Few distinct hashes and pointers, so that rows are come to.
            if (round % 2 == 0) for (&region) |*byte| {
                byte.* &= 1;
            };
            const count = random.uintAtMost(usize, 60);
            const start = region.len - count * row_size - random.uintAtMost(usize, 7);
            const table: Rows(Column, .string) = .init(region[start..][0 .. count * row_size], count);
            const keys: KeyRange = .{
                .region = &region,
                .origin = random.uintLessThan(u64, region.len),
                .start = 16,
                .end = random.uintAtMost(u64, region.len),
            };
            var fault: Fault = .{};
            var compared: usize = 0;
            for (0..20) |i| {
                const present = count > 0 and i % 2 == 0;
                const hash = if (present) table.key(random.uintLessThan(usize, count)) else random.int(Column);
                const key = region[0..random.uintAtMost(usize, 20)];
                _ = findString(Column, table, keys, key, hash, Expecting{ .count = &compared }, &fault) catch continue;
            }
        }
    }
}
