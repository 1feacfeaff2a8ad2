//! The direct table of an id table: open addressing over lines of 64 bytes, each of which holds four keys and what is
//! looked for, so that a lookup waits for one line instead of bucket, row and index one after the other.
//!
//! A key is a number itself, or 16 bits of a string's hash above the 48 of its key pointer. A payload has 48 bits: the
//! value of the row, or the position of the record that the value numbers, relative to its array. Where either has
//! more, there is no such table. Of equal keys the first row comes first.
//!
//! Writing and reading are side by side here. A line counts for nothing unless its checksum is right, and that a key
//! is not there is for the rows to say.

const std = @import("std");
const id_table = @import("id_table.zig");

/// Before the lines: u32 bytes from the start of the body to the first line, u32 meaning of payloads, u64 number of
/// lines that keys belong to. Behind these are `probes_max` more.
pub const header_size = 16;
pub const line_size = 64;
const slots_per_line = 4;
/// How many lines a key may be away from where it belongs. On average it is a fifth of one; the farthest of a hundred
/// million is not half as far as this.
pub const probes_max = 128;
/// Of 10 slots, how many are used on average.
const load_tenths = 7;

const pointer_bits = 48;
pub const pointer_max = (1 << pointer_bits) - 1;
pub const payload_max = (1 << 48) - 1;

pub const Payload = enum(u32) { values = 0, positions = 1 };

/// Places of a line's fields.
const field = struct {
    const payloads = slots_per_line * 8;
    const used = payloads + slots_per_line * 6;
    const overflow = used + 1;
    const checksum = 60;
};

/// Depends on the number of the line too, so that no line passes for another.
fn checksum(line: *const [line_size]u8, number: u64) u32 {
    const multipliers = [_]u64{
        0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb, 0xd6e8feb86659fd93,
        0xa0761d6478bd642f, 0xe7037ed1a0b428db, 0x8ebc6af09c88c6e3, 0x589965cc75374cc3,
    };
    var sum: u64 = (number +% 1) *% 0x1d8e4e27c47d124f;
    inline for (multipliers, 0..) |multiplier, i| {
        const word: u64 = if (i < 7)
            std.mem.readInt(u64, line[i * 8 ..][0..8], .little)
        else
            std.mem.readInt(u32, line[56..60], .little);
        sum +%= (word ^ multiplier) *% multiplier;
    }
    return @truncate(sum >> 32 ^ sum >> 7);
}

/// Spreads numbers, whatever pattern they follow.
pub inline fn spreadNumber(key: u64) u64 {
    const mixed = (key ^ key >> 32) *% 0x9e3779b97f4a7c15;
    return (mixed ^ mixed >> 29) *% 0xbf58476d1ce4e5b9;
}

/// Hashes are spread already; those of 32 bits need to be as high as those of 64.
pub inline fn spreadHash(comptime Column: type, hash: Column) u64 {
    return @as(u64, hash) << (64 - @bitSizeOf(Column));
}

/// The key of a string.
pub inline fn stringKey(hash: u64, pointer: u64) u64 {
    return hash << pointer_bits | pointer;
}

/// Whether a stored key may be a string with that hash.
pub inline fn mayBe(stored: u64, hash: u64) bool {
    return stored >> pointer_bits == hash & 0xffff;
}

pub inline fn pointerOf(stored: u64) u64 {
    return stored & pointer_max;
}

pub const Answer = union(enum) {
    payload: u64,
    absent,
    /// The table cannot be believed.
    wrong,
};

pub const DirectTable = struct {
    lines_offset: u64,
    /// How many lines keys belong to.
    home_count: u64,

    /// The table whose body lies in `[position, position + length)` of the region; `null` where it is none with such
    /// payloads, or too new to be understood. Looks at the header alone.
    pub fn read(region: []const u8, position: u64, length: u64, payload: Payload) ?DirectTable {
        if (position > region.len or length > region.len - position or length < header_size) return null;
        const header = region[@intCast(position)..][0..header_size];
        const start = std.mem.readInt(u32, header[0..4], .little);
        const home_count = std.mem.readInt(u64, header[8..16], .little);
        if (std.mem.readInt(u32, header[4..8], .little) != @backingInt(payload)) return null;
        if (start < header_size or start > length or home_count == 0) return null;
        const lines = (length - start) / line_size;
        if (lines < probes_max or home_count > lines - probes_max) return null;
        return .{ .lines_offset = position + start, .home_count = home_count };
    }

    /// The line where a key belongs.
    pub inline fn home(table: *const DirectTable, spread: u64) u64 {
        return homeAmong(spread, table.home_count);
    }

    pub inline fn prefetch(table: *const DirectTable, region: []const u8, number: u64) void {
        @prefetch(table.line(region, number), .{});
    }

    /// Fetches the strings of a line that may be one with that hash.
    pub inline fn prefetchStored(
        table: *const DirectTable,
        region: []const u8,
        number: u64,
        hash: u64,
        keys: id_table.KeyRange,
    ) void {
        const bytes = table.line(region, number);
        for (0..@min(bytes[field.used], slots_per_line)) |slot| {
            const stored = std.mem.readInt(u64, bytes[slot * 8 ..][0..8], .little);
            if (mayBe(stored, hash)) keys.prefetch(pointerOf(stored));
        }
    }

    inline fn line(table: *const DirectTable, region: []const u8, number: u64) *const [line_size]u8 {
        return region[@intCast(table.lines_offset + number * line_size)..][0..line_size];
    }

    /// The payload of the first key that matches, from the line on where it belongs. `matcher.matches(stored, payload)`
    /// answers whether it does, or `null` where what is stored cannot be.
    pub inline fn find(table: *const DirectTable, region: []const u8, start: u64, matcher: anytype) Answer {
        for (start..start + probes_max) |number| {
            const bytes = table.line(region, number);
            const used = bytes[field.used];
            if (used > slots_per_line) return .wrong;
            var result: ?u64 = null;
            for (0..used) |slot| {
                const stored = std.mem.readInt(u64, bytes[slot * 8 ..][0..8], .little);
                const payload = std.mem.readInt(u48, bytes[field.payloads + slot * 6 ..][0..6], .little);
                if (!(matcher.matches(stored, payload) orelse return .wrong)) continue;
                result = payload;
                break;
            }
            if (std.mem.readInt(u32, bytes[field.checksum..][0..4], .little) != checksum(bytes, number)) return .wrong;
            if (result) |payload| return .{ .payload = payload };
            if (bytes[field.overflow] == 0) return .absent;
        }
        return .wrong;
    }
};

inline fn homeAmong(spread: u64, home_count: u64) u64 {
    return @truncate(std.math.mulWide(u64, spread, home_count) >> 64);
}

/// How many lines keys of so many rows belong to.
pub fn homeCountFor(row_count: u64) u64 {
    return row_count * 10 / (slots_per_line * load_tenths) + 1;
}

/// Lines of the table that are being filled, zeroed before the first key: some that keys belong to, and behind them
/// as many as these may lie beyond, which are the first ones of the next window.
pub const Window = struct {
    lines: []u8,
    /// The number of the first line.
    first: u64,
    /// Of the whole table.
    home_count: u64,

    /// How many lines keys belong to in this window.
    pub fn homes(window: Window) u64 {
        return window.lines.len / line_size - probes_max;
    }

    fn line(window: Window, number: u64) *[line_size]u8 {
        return window.lines[@intCast((number - window.first) * line_size)..][0..line_size];
    }

    pub inline fn homeOf(window: Window, spread: u64) u64 {
        return homeAmong(spread, window.home_count);
    }

    /// Whether a key belongs into this window; others have their turn.
    pub inline fn holds(window: Window, spread: u64) bool {
        const home = window.homeOf(spread);
        return home >= window.first and home < window.first + window.homes();
    }

    /// Adds a key that belongs into this window. Overfull: too many keys belong to the same lines, or what is to be
    /// stored has too many bits.
    pub fn add(window: Window, spread: u64, key: u64, payload: u64) error{Overfull}!void {
        std.debug.assert(window.holds(spread));
        const home = window.homeOf(spread);
        if (payload > payload_max) return error.Overfull;
        for (0..probes_max) |probe| {
            const bytes = window.line(home + probe);
            const used = bytes[field.used];
            if (used < slots_per_line) {
                std.mem.writeInt(u64, bytes[used * @as(usize, 8) ..][0..8], key, .little);
                std.mem.writeInt(u48, bytes[field.payloads + used * @as(usize, 6) ..][0..6], @intCast(payload), .little);
                bytes[field.used] = used + 1;
                return;
            }
            bytes[field.overflow] = 1;
        }
        return error.Overfull;
    }

    /// No key comes any more: all lines that keys belong to in this window are complete, or with the last window all.
    pub fn seal(window: Window, is_last: bool) void {
        const count = if (is_last) window.homes() + probes_max else window.homes();
        for (0..@intCast(count)) |i| {
            const number = window.first + i;
            const bytes = window.line(number);
            std.mem.writeInt(u32, bytes[field.checksum..][0..4], checksum(bytes, number), .little);
        }
    }
};

/// Writes the header of a body.
pub fn writeHeader(header: *[header_size]u8, lines_start: u32, payload: Payload, home_count: u64) void {
    std.mem.writeInt(u32, header[0..4], lines_start, .little);
    std.mem.writeInt(u32, header[4..8], @backingInt(payload), .little);
    std.mem.writeInt(u64, header[8..16], home_count, .little);
}

const testing = std.testing;

const Equal = struct {
    key: u64,

    fn matches(equal: Equal, stored: u64, _: u64) ?bool {
        return stored == equal.key;
    }
};

/// A body with the keys 0, step, 2 * step, …, whose payloads are 7 and up; filled in windows of some lines.
fn sample(count: usize, step: u64, payload: Payload) ![]u8 {
    const homes = homeCountFor(count);
    const start = line_size;
    const body = try testing.allocator.alloc(u8, @intCast(start + (homes + probes_max) * line_size));
    errdefer testing.allocator.free(body);
    @memset(body, 0);
    writeHeader(body[0..header_size], start, payload, homes);
    const window_homes = 37;
    var first: u64 = 0;
    while (first < homes) : (first += window_homes) {
        const end = @min(first + window_homes, homes);
        const from: usize = @intCast(start + first * line_size);
        const to: usize = @intCast(start + (end + probes_max) * line_size);
        const window: Window = .{ .lines = body[from..to], .first = first, .home_count = homes };
        for (0..count) |i| {
            const spread = spreadNumber(i * step);
            if (window.holds(spread)) try window.add(spread, i * step, i + 7);
        }
        window.seal(end == homes);
    }
    return body;
}

test "what was added is found, what was not is absent, and damage is seen" {
    var prng: std.Random.DefaultPrng = .init(12);
    const random = prng.random();
    for (0..40) |round| {
        const count = random.uintAtMost(usize, 1000);
        const step: u64 = if (round % 2 == 0) 1 else 1 << 40;
        const body = try sample(count, step, .positions);
        defer testing.allocator.free(body);
        try testing.expectEqual(null, DirectTable.read(body, 0, body.len, .values));
        try testing.expectEqual(null, DirectTable.read(body, 0, body.len - 1, .positions));
        try testing.expectEqual(null, DirectTable.read(body, 0, header_size, .positions));
        const table = DirectTable.read(body, 0, body.len, .positions).?;
        for (0..count) |i| {
            const key = i * step;
            const answer = table.find(body, table.home(spreadNumber(key)), Equal{ .key = key });
            try testing.expectEqual(Answer{ .payload = i + 7 }, answer);
        }
        const absent = table.find(body, table.home(spreadNumber(count * step)), Equal{ .key = count * step });
        try testing.expectEqual(Answer.absent, absent);
        if (count == 0) continue;
        // A changed bit is never believed: the answer is the right one, from an undamaged line, or none.
        for (0..500) |_| {
            const from = table.lines_offset;
            const bit = random.uintLessThan(usize, @intCast(table.home_count * line_size * 8));
            const byte = &body[@intCast(from + bit / 8)];
            const flipped = @as(u8, 1) << @intCast(bit % 8);
            byte.* ^= flipped;
            defer byte.* ^= flipped;
            const i = random.uintLessThan(usize, count);
            switch (table.find(body, table.home(spreadNumber(i * step)), Equal{ .key = i * step })) {
                .payload => |payload| try testing.expectEqual(i + 7, payload),
                .absent => try testing.expect(false),
                .wrong => {},
            }
        }
    }
}

test "a line that took another's place is not believed" {
    const body = try sample(40, 1, .values);
    defer testing.allocator.free(body);
    const table = DirectTable.read(body, 0, body.len, .values).?;
    const lines: usize = @intCast(table.lines_offset);
    body[lines..][0..line_size].* = body[lines + line_size ..][0..line_size].*;
    for (0..40) |i| {
        if (table.home(spreadNumber(i)) != 0) continue;
        try testing.expectEqual(Answer.wrong, table.find(body, 0, Equal{ .key = i }));
    }
}

test "too many keys for the same lines, and payloads of too many bits" {
    var lines: [(10 + probes_max) * line_size]u8 = @splat(0);
    const window: Window = .{ .lines = &lines, .first = 0, .home_count = 10 };
    for (0..probes_max * slots_per_line) |i| try window.add(5, i, i);
    try testing.expectError(error.Overfull, window.add(5, 99, 99));
    try testing.expectError(error.Overfull, window.add(1 << 63, 99, payload_max + 1));
}
