//! The radix table of an id table: for each value of the top bits of the first column, the first row that has them or
//! more. It leads a search to a few neighbouring rows at the cost of one look, where a search without it has to halve
//! its way through many.
//!
//! Writing and reading are side by side here. A reader believes nothing: a bound is used only within the table, and
//! what a search ends at must be bracketed by its neighbours, or it counts for nothing (`Rows.isLowerBound`).

const std = @import("std");
const id_table = @import("id_table.zig");

/// Before the entries: u64 base, u32 shift, u32 bytes of an entry, u64 number of buckets.
pub const header_size = 24;

/// How the first column is cut into buckets, and where the entries are in the region.
pub fn RadixTable(comptime Column: type) type {
    return struct {
        base: Column,
        shift: std.math.Log2Int(Column),
        wide: bool,
        bucket_count: u64,
        entries_offset: u64,

        const Self = @This();

        /// The table whose body lies in `[position, position + length)` of the region; `null` where it is none, or too
        /// new to be understood. Looks at the header alone.
        pub fn read(region: []const u8, position: u64, length: u64) ?Self {
            if (position > region.len or length > region.len - position or length < header_size) return null;
            const body = region[@intCast(position)..][0..@intCast(length)];
            const base = std.mem.readInt(u64, body[0..8], .little);
            const shift = std.mem.readInt(u32, body[8..12], .little);
            const entry_size = std.mem.readInt(u32, body[12..16], .little);
            const bucket_count = std.mem.readInt(u64, body[16..24], .little);
            if (entry_size != 4 and entry_size != 8) return null;
            if (shift >= @bitSizeOf(Column) or bucket_count == 0) return null;
            if (bucket_count >= (length - header_size) / entry_size) return null;
            return .{
                .base = std.math.cast(Column, base) orelse return null,
                .shift = @intCast(shift),
                .wide = entry_size == 8,
                .bucket_count = bucket_count,
                .entries_offset = position + header_size,
            };
        }

        /// May be beyond the last bucket.
        pub inline fn bucket(table: *const Self, key: Column) u64 {
            return (key -| table.base) >> table.shift;
        }

        pub inline fn prefetch(table: *const Self, region: []const u8, number: u64) void {
            if (number >= table.bucket_count) return;
            @prefetch(region.ptr + @as(usize, @intCast(table.entries_offset + number * table.entrySize())), .{});
        }

        inline fn entrySize(table: *const Self) u64 {
            return if (table.wide) 8 else 4;
        }

        /// Of a number up to and including that of buckets.
        inline fn entry(table: *const Self, region: []const u8, number: u64) u64 {
            const at: usize = @intCast(table.entries_offset + number * table.entrySize());
            if (table.wide) return std.mem.readInt(u64, region[at..][0..8], .little);
            return std.mem.readInt(u32, region[at..][0..4], .little);
        }

        /// Where the first row of a bucket is, and the one behind its last; `null` where that cannot be.
        pub inline fn bounds(table: *const Self, region: []const u8, number: u64, row_count: usize) ?Bounds {
            if (number >= table.bucket_count) return .{ .start = row_count, .end = row_count };
            const start = table.entry(region, number);
            const end = table.entry(region, number + 1);
            if (start > end or end > row_count) return null;
            return .{ .start = @intCast(start), .end = @intCast(end) };
        }

        /// The first row whose key is not below `wanted`; `null` where the table is wrong.
        pub inline fn lowerBound(table: *const Self, region: []const u8, rows: anytype, wanted: Column) ?usize {
            const found = table.bounds(region, table.bucket(wanted), rows.count) orelse return null;
            const row = rows.lowerBoundWithin(wanted, found.start, found.end);
            return if (rows.isLowerBound(row, wanted)) row else null;
        }
    };
}

pub const Bounds = struct { start: usize, end: usize };

/// Entries that are being written, as rows come in their order.
pub fn Writer(comptime Column: type) type {
    return struct {
        base: Column,
        shift: std.math.Log2Int(Column),
        /// One more than there are buckets.
        entries: Entries,
        /// The first bucket without an entry.
        next: u64,

        const Self = @This();

        /// Takes the next rows, of which the first has that number.
        pub fn add(writer: *Self, rows: anytype, first: u64) void {
            for (0..rows.count) |row| {
                const number = (rows.key(row) -| writer.base) >> writer.shift;
                writer.fill(number, first + row);
            }
        }

        /// The rows have ended: so many there were.
        pub fn finish(writer: *Self, row_count: u64) void {
            writer.fill(writer.entries.count() - 1, row_count);
        }

        inline fn fill(writer: *Self, last: u64, row: u64) void {
            const end = @min(last, writer.entries.count() - 1);
            while (writer.next <= end) : (writer.next += 1) writer.entries.set(writer.next, row);
        }
    };
}

pub const Entries = union(enum) {
    narrow: []align(1) u32,
    wide: []align(1) u64,

    pub fn count(entries: Entries) u64 {
        return switch (entries) {
            inline else => |all| all.len,
        };
    }

    inline fn set(entries: Entries, number: u64, row: u64) void {
        switch (entries) {
            .narrow => |all| all[@intCast(number)] = @intCast(row),
            .wide => |all| all[@intCast(number)] = row,
        }
    }

    fn get(entries: Entries, number: u64) u64 {
        return switch (entries) {
            inline else => |all| all[@intCast(number)],
        };
    }

    /// The number of rows in the largest bucket.
    pub fn largestBucket(entries: Entries) u64 {
        var largest: u64 = 0;
        for (1..@intCast(entries.count())) |number| {
            largest = @max(largest, entries.get(number) - entries.get(number - 1));
        }
        return largest;
    }
};

const testing = std.testing;

fn expectFound(comptime Column: type, random: std.Random, mask: Column) !void {
    const row_max = 500;
    const bucket_count = 64;
    var storage: [header_size + (bucket_count + 1) * 4]u8 = undefined;
    var rows: [row_max][2]Column = undefined;
    const count = random.intRangeAtMost(usize, 1, row_max);
    for (rows[0..count], 0..) |*row, i| row.* = .{ random.int(Column) & mask, @intCast(i) };
    std.mem.sort([2]Column, rows[0..count], {}, struct {
        fn before(_: void, a: [2]Column, b: [2]Column) bool {
            return a[0] < b[0];
        }
    }.before);
    const table: id_table.Rows(Column, .numeric) = .init(std.mem.sliceAsBytes(rows[0..count]), count);

    const base = rows[0][0];
    var shift: std.math.Log2Int(Column) = 0;
    while ((rows[count - 1][0] - base) >> shift >= bucket_count) shift += 1;
    const entries: Entries = .{ .narrow = std.mem.bytesAsSlice(u32, storage[header_size..]) };
    var writer: Writer(Column) = .{ .base = base, .shift = shift, .entries = entries, .next = 0 };
    const half = count / 2;
    writer.add(id_table.Rows(Column, .numeric).init(std.mem.sliceAsBytes(rows[0..half]), half), 0);
    writer.add(id_table.Rows(Column, .numeric).init(std.mem.sliceAsBytes(rows[half..count]), count - half), half);
    writer.finish(count);
    std.mem.writeInt(u64, storage[0..8], base, .little);
    std.mem.writeInt(u32, storage[8..12], shift, .little);
    std.mem.writeInt(u32, storage[12..16], 4, .little);
    std.mem.writeInt(u64, storage[16..24], bucket_count, .little);

    const radix = RadixTable(Column).read(&storage, 0, storage.len).?;
    for (0..300) |round| {
        const wanted = if (round % 2 == 0) rows[random.uintLessThan(usize, count)][0] else random.int(Column) & mask;
        const expected = for (rows[0..count], 0..) |row, i| {
            if (row[0] >= wanted) break i;
        } else count;
        try testing.expectEqual(expected, radix.lowerBound(&storage, table, wanted));
    }
    // Whatever stands in the entries: the right row, or none.
    for (0..200) |_| {
        const damaged = random.uintLessThan(usize, bucket_count + 1);
        entries.narrow[damaged] = if (random.boolean()) random.int(u32) else random.uintAtMost(u32, row_max);
        const wanted = rows[random.uintLessThan(usize, count)][0];
        const found = radix.lowerBound(&storage, table, wanted) orelse continue;
        try testing.expectEqual(wanted, rows[found][0]);
        try testing.expect(found == 0 or rows[found - 1][0] < wanted);
    }
}

test "a radix table leads to the lower bound, and a wrong one to nothing wrong" {
    var prng: std.Random.DefaultPrng = .init(11);
    const random = prng.random();
    inline for (.{ u32, u64 }) |Column| {
        for (0..50) |round| {
            const mask = @as(Column, std.math.maxInt(Column)) >> @intCast(round % @bitSizeOf(Column));
            try expectFound(Column, random, mask);
        }
    }
}

test "headers that cannot be are refused" {
    var body: [header_size + 12]u8 = @splat(0);
    std.mem.writeInt(u32, body[12..16], 4, .little);
    std.mem.writeInt(u64, body[16..24], 2, .little);
    try testing.expect(RadixTable(u64).read(&body, 0, body.len) != null);
    try testing.expectEqual(null, RadixTable(u64).read(&body, 0, body.len - 1));
    try testing.expectEqual(null, RadixTable(u64).read(&body, 8, body.len));
    std.mem.writeInt(u64, body[16..24], 3, .little);
    try testing.expectEqual(null, RadixTable(u64).read(&body, 0, body.len));
    std.mem.writeInt(u64, body[16..24], std.math.maxInt(u64), .little);
    try testing.expectEqual(null, RadixTable(u64).read(&body, 0, body.len));
    std.mem.writeInt(u64, body[16..24], 2, .little);
    std.mem.writeInt(u32, body[8..12], 32, .little);
    try testing.expect(RadixTable(u64).read(&body, 0, body.len) != null);
    try testing.expectEqual(null, RadixTable(u32).read(&body, 0, body.len));
    std.mem.writeInt(u32, body[8..12], 0, .little);
    std.mem.writeInt(u32, body[12..16], 3, .little);
    try testing.expectEqual(null, RadixTable(u64).read(&body, 0, body.len));
}
