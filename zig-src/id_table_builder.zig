//! Making id tables: filling in the hashes of rows, sorting them, and merging what was sorted in parts.
//!
//! Works on rows that somebody else holds, and on scratch memory that somebody else gets; it does not know where rows
//! come from or go to.

const std = @import("std");
const hashing = @import("hash.zig");
const strings = @import("strings.zig");
const Fault = @import("faults.zig").Fault;

/// Rows shorter than this are not worth counting their digits.
const insertion_max = 48;
const digits = 256;

/// Sorts rows by their first column, unsigned; equal ones stay in order, or are sorted by the last.
/// Least significant digit first, skipping the digits that all rows share and those of hashes that tell hardly any rows
/// apart: linear, and a constant amount of stack.
pub fn sort(
    comptime Column: type,
    comptime columns: comptime_int,
    rows: []align(1) [columns]Column,
    scratch: []align(1) [columns]Column,
    by_value_too: bool,
) void {
    std.debug.assert(scratch.len >= rows.len);
    if (rows.len <= insertion_max) return insertionSort(Column, columns, rows, by_value_too);
    var from = rows;
    var to = scratch[0..rows.len];
    if (by_value_too) sortByColumn(Column, columns, &from, &to, columns - 1);
    sortByColumn(Column, columns, &from, &to, 0);
    if (from.ptr != rows.ptr) @memcpy(rows, from);
}

/// Sorts from one place into the other and back; `from` is where the rows are in the end.
fn sortByColumn(
    comptime Column: type,
    comptime columns: comptime_int,
    from: *[]align(1) [columns]Column,
    to: *[]align(1) [columns]Column,
    comptime column: comptime_int,
) void {
    var counts: [@sizeOf(Column)]Counts = @splat(@splat(0));
    var sorted = true;
    var previous = from.*[0][column];
    for (from.*) |row| {
        sorted = sorted and previous <= row[column];
        previous = row[column];
        inline for (0..@sizeOf(Column)) |digit| counts[digit][digitOf(row[column], digit)] += 1;
    }
    if (sorted) return;
    const least = leastTelling(Column, &counts, from.len);
    var distributed = counts;
    inline for (0..@sizeOf(Column)) |digit| {
        if (digit >= least) distributeBy(Column, columns, from, to, column, digit, &distributed[digit]);
    }
    if (least == 0 or finish(Column, columns, from.*, column)) return;
    // The digits are spread, but not independent of each other. What was done so far has kept the order of equal rows.
    inline for (0..@sizeOf(Column)) |digit| distributeBy(Column, columns, from, to, column, digit, &counts[digit]);
}

/// How many rows have each value of a digit.
const Counts = [digits]usize;

/// The least significant digit that must be looked at to tell nearly all rows apart. Of hashes the topmost digits are
/// enough, since all of their values are about equally frequent; 0 where that is not so.
fn leastTelling(comptime Column: type, counts: *const [@sizeOf(Column)]Counts, rows: usize) usize {
    var told: usize = 1;
    var digit: usize = @sizeOf(Column);
    while (digit > 0) {
        digit -= 1;
        const most = std.mem.max(usize, &counts[digit]);
        if (most == rows) continue;
        if (most > rows / digits * 4) return 0;
        told *|= digits;
        if (told / 4 >= rows) return digit;
    }
    return 0;
}

/// Sorts rows that nearly are; gives up, which it answers by false, where that would take long.
fn finish(
    comptime Column: type,
    comptime columns: comptime_int,
    rows: []align(1) [columns]Column,
    comptime column: comptime_int,
) bool {
    var moves = rows.len;
    for (1..rows.len) |next| {
        if (rows[next - 1][column] <= rows[next][column]) continue;
        const row = rows[next];
        var at = next;
        while (at > 0 and row[column] < rows[at - 1][column]) : (at -= 1) {
            rows[at] = rows[at - 1];
            moves -|= 1;
        }
        rows[at] = row;
        if (moves == 0) return false;
    }
    return true;
}

/// Distributes by one digit, unless all rows have the same.
fn distributeBy(
    comptime Column: type,
    comptime columns: comptime_int,
    from: *[]align(1) [columns]Column,
    to: *[]align(1) [columns]Column,
    comptime column: comptime_int,
    comptime digit: comptime_int,
    counts: *Counts,
) void {
    if (counts[digitOf(from.*[0][column], digit)] == from.len) return;
    distribute(Column, columns, from.*, to.*, column, digit, counts);
    std.mem.swap([]align(1) [columns]Column, from, to);
}

inline fn digitOf(value: anytype, comptime digit: comptime_int) u8 {
    return @truncate(value >> (8 * digit));
}

fn distribute(
    comptime Column: type,
    comptime columns: comptime_int,
    from: []align(1) const [columns]Column,
    to: []align(1) [columns]Column,
    comptime column: comptime_int,
    comptime digit: comptime_int,
    counts: *Counts,
) void {
    var next: usize = 0;
    for (counts) |*count| {
        const start = next;
        next += count.*;
        count.* = start;
    }
    for (from) |row| {
        const place = &counts[digitOf(row[column], digit)];
        to[place.*] = row;
        place.* += 1;
    }
}

fn insertionSort(
    comptime Column: type,
    comptime columns: comptime_int,
    rows: []align(1) [columns]Column,
    by_value_too: bool,
) void {
    for (1..@max(rows.len, 1)) |next| {
        const row = rows[next];
        var at = next;
        while (at > 0 and isBefore(Column, columns, row, rows[at - 1], by_value_too)) : (at -= 1) {
            rows[at] = rows[at - 1];
        }
        rows[at] = row;
    }
}

fn isBefore(
    comptime Column: type,
    comptime columns: comptime_int,
    a: [columns]Column,
    b: [columns]Column,
    by_value_too: bool,
) bool {
    if (a[0] != b[0]) return a[0] < b[0];
    return by_value_too and a[columns - 1] < b[columns - 1];
}

/// Sorted rows that wait to be merged: those from `next` up to `end`.
pub const Window = extern struct { next: u32, end: u32 };

/// How many windows can be merged at once.
pub const windows_max = 256;

/// Merges rows that are sorted within each window, of which equal ones come in the order of windows, until one window
/// is used up (whoever has filled it may have more for it) or the output is full. Advances the windows; answers how
/// many rows the output got.
pub fn merge(
    comptime Column: type,
    comptime columns: comptime_int,
    rows: []align(1) const [columns]Column,
    windows: []align(1) Window,
    output: []align(1) [columns]Column,
    by_value_too: bool,
) usize {
    var heap: Heap(Column, columns) = .{ .by_value_too = by_value_too };
    for (windows, 0..) |window, number| {
        if (window.next < window.end) heap.add(.{ .row = rows[window.next], .window = number });
    }
    var written: usize = 0;
    while (heap.count > 0 and written < output.len) {
        const least = &heap.entries[0];
        const window = &windows[least.window];
        output[written] = least.row;
        written += 1;
        window.next += 1;
        if (window.next == window.end) break;
        least.row = rows[window.next];
        heap.sink(0);
    }
    return written;
}

/// The next row of each window, the least of all on top.
fn Heap(comptime Column: type, comptime columns: comptime_int) type {
    return struct {
        entries: [windows_max]Entry = undefined,
        count: usize = 0,
        by_value_too: bool,

        const Self = @This();
        const Entry = struct { row: [columns]Column, window: usize };

        fn add(heap: *Self, entry: Entry) void {
            var at = heap.count;
            heap.count += 1;
            while (at > 0) {
                const parent = (at - 1) / 2;
                if (!heap.before(entry, heap.entries[parent])) break;
                heap.entries[at] = heap.entries[parent];
                at = parent;
            }
            heap.entries[at] = entry;
        }

        /// Moves an entry that may be too great for its place down to where it belongs.
        fn sink(heap: *Self, from: usize) void {
            const entry = heap.entries[from];
            var at = from;
            while (true) {
                var child = 2 * at + 1;
                if (child >= heap.count) break;
                const other = child + 1;
                if (other < heap.count and heap.before(heap.entries[other], heap.entries[child])) child = other;
                if (!heap.before(heap.entries[child], entry)) break;
                heap.entries[at] = heap.entries[child];
                at = child;
            }
            heap.entries[at] = entry;
        }

        inline fn before(heap: *const Self, a: Entry, b: Entry) bool {
            if (isBefore(Column, columns, a.row, b.row, heap.by_value_too)) return true;
            if (isBefore(Column, columns, b.row, a.row, heap.by_value_too)) return false;
            return a.window < b.window;
        }
    };
}

/// Sets the first column of rows (hash, key_ptr, value) to the hash of the string that the second points to.
/// `keys` are the stored strings, `keys_start` the pointer that means the first of their bytes. Compressed strings
/// are decompressed into memory that `scratch.get` gives.
pub fn hashKeys(
    comptime Column: type,
    rows: []align(1) [3]Column,
    keys: []const u8,
    keys_start: u64,
    scratch: anytype,
    fault: *Fault,
) error{ Corrupt, OutOfMemory }!void {
    for (rows) |*row| {
        const stored = try strings.at(keys, @as(u64, row[1]) -% keys_start, keys.len, fault);
        if (!stored.compressed) {
            row[0] = hashing.hashFor(Column, stored.payload);
            continue;
        }
        const plain = try scratch.get(try stored.length(fault));
        try stored.copyTo(plain, fault);
        row[0] = hashing.hashFor(Column, plain);
    }
}

const testing = std.testing;

fn checkSort(
    comptime Column: type,
    comptime columns: comptime_int,
    random: std.Random,
    count: usize,
    mask: Column,
    by_value_too: bool,
) !void {
    const Row = [columns]Column;
    const rows = try testing.allocator.alloc(Row, count);
    defer testing.allocator.free(rows);
    const scratch = try testing.allocator.alloc(Row, count);
    defer testing.allocator.free(scratch);
    for (rows, 0..) |*row, i| {
        row[0] = random.int(Column) & mask;
        row[columns - 1] = random.int(Column) & 7;
        // A column that nothing is sorted by tells the order that rows had.
        if (columns == 3) row[1] = @intCast(i) else if (!by_value_too) row[1] = @intCast(i);
    }
    const expected = try testing.allocator.dupe(Row, rows);
    defer testing.allocator.free(expected);
    std.mem.sort(Row, expected, by_value_too, struct {
        fn before(by_value: bool, a: Row, b: Row) bool {
            return isBefore(Column, columns, a, b, by_value);
        }
    }.before); // stable
    sort(Column, columns, rows, scratch, by_value_too);
    try testing.expectEqualSlices(Row, expected, rows);
}

test "sorting is stable, by the first column or by two" {
    var prng: std.Random.DefaultPrng = .init(7);
    const random = prng.random();
    inline for (.{ u32, u64 }) |Column| {
        inline for (.{ 2, 3 }) |columns| {
            for ([_]usize{ 0, 1, 2, 3, 48, 49, 50, 1000, 3001 }) |count| {
                for ([_]Column{ 0, 3, 0xffff, 0xff00ff, std.math.maxInt(Column) }) |mask| {
                    try checkSort(Column, columns, random, count, mask, false);
                    try checkSort(Column, columns, random, count, mask, true);
                }
            }
        }
    }
}

test "sorting rows whose digits are spread evenly, independent of each other or not" {
    var prng: std.Random.DefaultPrng = .init(11);
    const random = prng.random();
    const count = 20_000;
    const rows = try testing.allocator.alloc([3]u64, count);
    defer testing.allocator.free(rows);
    const scratch = try testing.allocator.alloc([3]u64, count);
    defer testing.allocator.free(scratch);
    const expected = try testing.allocator.alloc([3]u64, count);
    defer testing.allocator.free(expected);
    for (0..4) |form| {
        for (rows, 0..) |*row, i| {
            const digit: u64 = random.int(u8);
            // Hashes; the same two digits; hashes each of which there is twice; few that differ, all digits alike.
            row[0] = switch (form) {
                0 => random.int(u64),
                1 => (digit << 56) | (digit << 48) | (digit << 40) | random.int(u32),
                2 => @as(u64, i % (count / 2)) *% 0x9e37_79b9_7f4a_7c15,
                else => digit *% 0x0101_0101_0101_0101,
            };
            row[1] = i;
            row[2] = 0;
        }
        @memcpy(expected, rows);
        std.mem.sort([3]u64, expected, {}, struct {
            fn before(_: void, a: [3]u64, b: [3]u64) bool {
                return a[0] < b[0];
            }
        }.before); // stable
        sort(u64, 3, rows, scratch, false);
        try testing.expectEqualSlices([3]u64, expected, rows);
    }
}

fn checkMerge(
    comptime Column: type,
    comptime columns: comptime_int,
    random: std.Random,
    window_count: usize,
    by_value_too: bool,
) !void {
    const Row = [columns]Column;
    const allocator = testing.allocator;
    var windows: [windows_max]Window = undefined;
    var count: u32 = 0;
    for (windows[0..window_count]) |*window| {
        window.next = count;
        count += random.uintLessThan(u32, 20);
        window.end = count;
    }
    const rows = try allocator.alloc(Row, count);
    defer allocator.free(rows);
    for (rows, 0..) |*row, i| {
        row[columns - 1] = random.uintLessThan(Column, 4);
        if (columns == 3 or !by_value_too) row[1] = @intCast(i);
        row[0] = random.uintLessThan(Column, 16);
    }
    const expected = try allocator.dupe(Row, rows);
    defer allocator.free(expected);
    const scratch = try allocator.alloc(Row, count);
    defer allocator.free(scratch);
    for (windows[0..window_count]) |window| {
        sort(Column, columns, rows[window.next..window.end], scratch, by_value_too);
    }
    sort(Column, columns, expected, scratch, by_value_too);
    const merged = try allocator.alloc(Row, count);
    defer allocator.free(merged);
    var written: usize = 0;
    while (written < count) {
        const room = @min(count - written, 1 + random.uintLessThan(usize, 30));
        const more = merge(Column, columns, rows, windows[0..window_count], merged[written..][0..room], by_value_too);
        try testing.expect(more > 0);
        written += more;
    }
    try testing.expectEqualSlices(Row, expected, merged);
    try testing.expectEqual(0, merge(Column, columns, rows, windows[0..window_count], merged, by_value_too));
}

test "merging answers what sorting everything would, in pieces of any size" {
    var prng: std.Random.DefaultPrng = .init(8);
    const random = prng.random();
    inline for (.{ u32, u64 }) |Column| {
        inline for (.{ 2, 3 }) |columns| {
            for ([_]usize{ 0, 1, 2, 3, 7, 64, windows_max }) |window_count| {
                try checkMerge(Column, columns, random, window_count, false);
                try checkMerge(Column, columns, random, window_count, true);
            }
        }
    }
}

test "hashes of stored keys, compressed ones too" {
    const compressed = "\x10\x80\x01\x02\x00\x00\x1f\x61\x01\x00\xff\xe9\x50\x61\x61\x61\x61\x61";
    const keys = "\x01\x00a" ++ compressed ++ "\x05\x00cut";
    const Scratch = struct {
        memory: [513]u8 = undefined,

        pub fn get(scratch: *@This(), length: usize) error{OutOfMemory}![]u8 {
            return scratch.memory[0..length];
        }
    };
    var scratch: Scratch = .{};
    var fault: Fault = .{};
    inline for (.{ u32, u64 }) |Column| {
        var rows = [_][3]Column{ .{ 0, 16, 1 }, .{ 0, 19, 2 } };
        try hashKeys(Column, &rows, keys, 16, &scratch, &fault);
        const long: [513]u8 = @splat('a');
        try testing.expectEqual([3]Column{ hashing.hashFor(Column, "a"), 16, 1 }, rows[0]);
        try testing.expectEqual([3]Column{ hashing.hashFor(Column, &long), 19, 2 }, rows[1]);
        for ([_]Column{ 0, 15, 16 + 3 + compressed.len, 1000 }) |pointer| {
            var bad = [_][3]Column{.{ 0, pointer, 1 }};
            try testing.expectError(error.Corrupt, hashKeys(Column, &bad, keys, 16, &scratch, &fault));
        }
    }
}
