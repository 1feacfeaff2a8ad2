//! Runs everything native that reads files over changed files: `native-fuzz SEED COUNT FILE…`. Each input is the file
//! `number mod files`, with a few changes, in a block of its own from the C library, so that valgrind sees a read that
//! leaves it; with Zig's safety checks, so that it ends on whatever they catch.
//!
//! The same seed and number make the same input.

const std = @import("std");
const columns = @import("columns.zig");
const hashing = @import("hash.zig");
const id_table = @import("id_table.zig");
const indexes = @import("native_fuzz_indexes.zig");
const lz4 = @import("lz4.zig");
const strings = @import("strings.zig");
const Fault = @import("faults.zig").Fault;
const RecordArray = @import("record_array.zig").RecordArray;
const Random = std.Random;

/// Blocks of exactly the size that was asked for.
pub const memory = std.heap.c_allocator;

/// What one string or block may take; more is not what this looks for.
const string_max = 1 << 20;

pub fn main(init: std.process.Init) !void {
    const arena = init.arena.allocator();
    const arguments = try init.minimal.args.toSlice(arena);
    const seed = try std.fmt.parseInt(u64, arguments[1], 10);
    const count = try std.fmt.parseInt(u64, arguments[2], 10);
    const files = try arena.alloc([]const u8, arguments.len - 3);
    for (files, arguments[3..]) |*file, path| {
        file.* = try std.Io.Dir.cwd().readFileAlloc(init.io, path, arena, .unlimited);
    }
    var seen: Seen = .{};
    for (0..count) |number| {
        var prng: Random.DefaultPrng = .init(seed +% number *% 0x9e37_79b9_7f4a_7c15);
        const input = try change(files[number % files.len], prng.random());
        defer memory.free(input);
        try use(input, prng.random(), &seen);
    }
    var text: [200]u8 = undefined;
    const line = try std.fmt.bufPrint(&text, "{d} inputs: {d} calls, {d} of them refused as corrupt, {d} found something\n", .{
        count, seen.calls, seen.corrupt, seen.found,
    });
    try std.Io.File.stdout().writeStreamingAll(init.io, line);
}

/// What came of the calls, so that one sees that they do not all end at once.
pub const Seen = struct {
    calls: u64 = 0,
    corrupt: u64 = 0,
    found: u64 = 0,

    fn take(seen: *Seen, result: anytype) ?@typeInfo(@TypeOf(result)).error_union.payload {
        seen.calls += 1;
        return result catch |err| switch (@as(anyerror, err)) {
            error.Corrupt, error.Malformed => {
                seen.corrupt += 1;
                return null;
            },
            else => unreachable, // nothing else is a file's fault
        };
    }
};

/// A copy with a few changes, cut short now and then.
pub fn change(file: []const u8, random: Random) ![]u8 {
    const size = if (random.uintLessThan(u8, 8) == 0) random.uintAtMost(usize, file.len) else file.len;
    const input = try memory.dupe(u8, file[0..size]);
    edit(input, random);
    return input;
}

/// A few changes.
pub fn edit(input: []u8, random: Random) void {
    const size = input.len;
    if (size == 0) return;
    for (0..random.uintLessThan(usize, 8)) |_| {
        const at = random.uintLessThan(usize, size);
        switch (random.uintLessThan(u8, 4)) {
            0 => input[at] ^= @as(u8, 1) << random.int(u3),
            1 => input[at] = random.int(u8),
            2 => @memset(input[at..@min(size, at + random.uintLessThan(usize, 16))], random.int(u8)),
            3 => if (size >= 8) {
                // A length, a position or a count that is near an end of what there may be.
                const extremes = [_]u64{ 0, 1, 0x7fff, 0xffff, 1 << 31, 1 << 32, 1 << 63, size, std.math.maxInt(u64) };
                const value = extremes[random.uintLessThan(usize, extremes.len)] +% random.uintLessThan(u64, 3) -% 1;
                std.mem.writeInt(u64, input[random.uintAtMost(usize, size - 8) / 8 * 8 ..][0..8], value, .little);
            },
            else => unreachable, // less than 4
        }
    }
}

fn use(input: []const u8, random: Random, seen: *Seen) !void {
    for (0..16) |_| try readString(input, random.uintAtMost(u64, input.len + 8), random, seen);
    inline for (.{ u32, u64 }) |Column| {
        try searchNumbers(Column, input, random, seen);
        try searchStrings(Column, input, random, seen);
    }
    try decompress(input, random, seen);
    try gather(input, random, seen);
    try indexes.use(random, seen);
}

fn readString(input: []const u8, position: u64, random: Random, seen: *Seen) !void {
    var fault: Fault = .{};
    const end = random.uintAtMost(u64, input.len);
    const stored = seen.take(strings.at(input, position, end, &fault)) orelse return;
    const length = seen.take(stored.length(&fault)) orelse return;
    if (length > string_max) return;
    const text = try memory.alloc(u8, length);
    defer memory.free(text);
    _ = seen.take(stored.copyTo(text, &fault)) orelse return;
    seen.found += 1;
    std.mem.doNotOptimizeAway(strings.encodingOf(text));
    const is_equal = seen.take(stored.equals(text, &fault)) orelse return;
    std.debug.assert(is_equal);
    if (length == 0) return;
    text[random.uintLessThan(usize, length)] ^= 1;
    std.debug.assert(!(seen.take(stored.equals(text, &fault)) orelse false));
}

/// Where a table says that its rows are; anywhere else now and then.
fn rowsOf(input: []const u8, row_size: usize, random: Random) struct { usize, usize } {
    if (input.len >= 16 and random.boolean()) {
        const offset = std.mem.readInt(u64, input[0..8], .little);
        const count = std.mem.readInt(u64, input[8..16], .little);
        if (offset <= input.len and count <= (input.len - offset) / row_size) return .{ @intCast(offset), @intCast(count) };
    }
    const offset = random.uintAtMost(usize, input.len);
    return .{ offset, random.uintAtMost(usize, (input.len - offset) / row_size) };
}

fn searchNumbers(comptime Column: type, input: []const u8, random: Random, seen: *Seen) !void {
    const Rows = id_table.Rows(Column, .numeric);
    const offset, const count = rowsOf(input, Rows.row_size, random);
    const rows: Rows = .init(input[offset..][0 .. count * Rows.row_size], count);
    const line: id_table.Interpolation(Column) = .init(rows);
    for (0..8) |_| {
        const is_there = count > 0 and random.boolean();
        const key = if (is_there) rows.key(random.uintLessThan(usize, count)) else random.int(Column);
        seen.calls += 1;
        const row = id_table.findNumber(Column, .numeric, rows, key, line.hint(key)) orelse continue;
        std.debug.assert(rows.key(row) == key);
        seen.found += 1;
    }
}

const Unexpecting = struct {
    pub fn expect(_: Unexpecting, _: u64) void {}
};

fn searchStrings(comptime Column: type, input: []const u8, random: Random, seen: *Seen) !void {
    const Rows = id_table.Rows(Column, .string);
    const offset, const count = rowsOf(input, Rows.row_size, random);
    const rows: Rows = .init(input[offset..][0 .. count * Rows.row_size], count);
    const keys: id_table.KeyRange = .{ .region = input, .origin = 0, .start = @min(16, offset), .end = offset };
    for (0..8) |_| {
        var fault: Fault = .{};
        const row = if (count > 0) random.uintLessThan(usize, count) else break;
        const stored = seen.take(keys.at(rows.column(row, 1), 0, &fault)) orelse continue;
        const key = stored.payload[0..@min(stored.payload.len, string_max)];
        const hash = if (random.boolean()) rows.key(row) else hashing.hashFor(Column, key);
        const found = id_table.findString(Column, rows, keys, key, hash, Unexpecting{}, &fault);
        seen.found += @intFromBool((seen.take(found) orelse null) != null);
    }
}

fn decompress(input: []const u8, random: Random, seen: *Seen) !void {
    const start = random.uintAtMost(usize, input.len);
    const block = input[start..][0..random.uintAtMost(usize, @min(input.len - start, 4096))];
    const plain = try memory.alloc(u8, random.uintAtMost(usize, @min(string_max, block.len * lz4.ratio_max)));
    defer memory.free(plain);
    if (seen.take(lz4.decode(block, plain)) != null) seen.found += 1;
    try recompress(block, random, seen);
}

/// What is encoded decodes again; what is then changed decodes to something, or is refused.
fn recompress(plain: []const u8, random: Random, seen: *Seen) !void {
    const packed_bytes = try memory.alloc(u8, plain.len);
    defer memory.free(packed_bytes);
    const size = lz4.encode(plain, packed_bytes) orelse return;
    const block = try memory.dupe(u8, packed_bytes[0..size]);
    defer memory.free(block);
    const again = try memory.alloc(u8, plain.len);
    defer memory.free(again);
    try lz4.decode(block, again);
    std.debug.assert(std.mem.eql(u8, plain, again));
    if (size == 0) return;
    block[random.uintLessThan(usize, size)] = random.int(u8);
    if (seen.take(lz4.decode(block, again)) != null) seen.found += 1;
}

fn gather(input: []const u8, random: Random, seen: *Seen) !void {
    var sizes: [columns.Layout.slots_max]u8 = undefined;
    const bitmaps = std.enums.values(columns.Layout.Bitmap);
    const bitmap = bitmaps[random.uintLessThan(usize, bitmaps.len)];
    const slots = 1 + random.uintLessThan(usize, @as(usize, @backingInt(bitmap)) * 8);
    for (sizes[0..slots]) |*size| size.* = @as(u8, 1) << random.int(u2);
    const layout = columns.Layout.init(bitmap, sizes[0..slots]).?; // as many slots as bits, of sizes that there are
    const slot = random.uintLessThan(usize, slots);
    const size = sizes[slot];
    const count = random.uintAtMost(usize, 100);
    const positions = try memory.alloc(f64, count);
    defer memory.free(positions);
    for (positions) |*position| {
        position.* = @floatFromInt(random.uintAtMost(usize, input.len + 16));
        if (random.uintLessThan(u8, 8) == 0) position.* = -1;
    }
    const column_values = try memory.alloc(u8, count * size);
    defer memory.free(column_values);
    const mask = try memory.alloc(u8, count);
    defer memory.free(mask);
    const forms: []const columns.Form = switch (size) {
        1 => &.{ .copy1, .boolean },
        2 => &.{.copy2},
        4 => &.{.copy4},
        else => &.{ .copy8, .double, .pointer },
    };
    const column: columns.Column = .{
        .form = forms[random.uintLessThan(usize, forms.len)],
        .slot = @intCast(slot),
        .values = column_values,
        .mask = mask,
        .fill = 0,
        .refuses = random.boolean(),
    };
    var fault: Fault = .{};
    const source: columns.Positions = .{ .positions = positions };
    if (seen.take(columns.gather(input, source, count, &layout, &.{column}, &fault)) != null) seen.found += 1;
    try gatherByNumber(input, random, &layout, column, seen);
}

fn gatherByNumber(
    input: []const u8,
    random: Random,
    layout: *const columns.Layout,
    column: columns.Column,
    seen: *Seen,
) !void {
    const offset = random.uintAtMost(u64, input.len);
    const end = offset + random.uintAtMost(u64, input.len - offset);
    const index_offset = random.uintAtMost(u64, input.len);
    const available = (input.len - index_offset) / @sizeOf(u64);
    const array: RecordArray = .{ .offset = offset, .index_offset = index_offset, .count = available, .end = end };
    const count = @min(available, column.mask.len);
    var part = column;
    part.values = column.values[0 .. count * column.form.fieldSize()];
    part.mask = column.mask[0..count];
    var fault: Fault = .{};
    const source: columns.Numbers = .{ .array = array, .first = 0 };
    if (seen.take(columns.gather(input, source, count, layout, &.{part}, &fault)) != null) seen.found += 1;
}
