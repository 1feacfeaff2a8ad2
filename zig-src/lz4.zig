//! The LZ4 block format: raw blocks, without frames, checksums or sizes of their own.
//!
//! Decoding trusts nothing: it never reads outside of the block nor writes outside of the destination, and answers
//! an error unless the block yields exactly the size that was declared. Encoding is greedy with one small hash table;
//! it allocates nothing, and what it writes obeys the end-of-block rules, so that every decoder reads it.

const std = @import("std");

pub const Error = error{Malformed};

/// No input byte of a block yields more output bytes than this.
pub const ratio_max = 255;

/// Decodes a block that yields exactly `destination.len` bytes.
pub fn decode(block: []const u8, destination: []u8) Error!void {
    var sink: Writer = .{ .destination = destination };
    return walk(block, destination.len, &sink) catch |err| switch (err) {
        error.Malformed => error.Malformed,
        error.Different => unreachable, // a Writer never compares
    };
}

/// Whether a block yields exactly `expected`. Needs no memory: what was decoded so far equals what is expected so far.
pub fn yields(block: []const u8, expected: []const u8) Error!bool {
    var sink: Comparer = .{ .expected = expected };
    walk(block, expected.len, &sink) catch |err| switch (err) {
        error.Malformed => return error.Malformed,
        error.Different => return false,
    };
    return true;
}

const WalkError = error{ Malformed, Different };

/// Goes through the sequences of a block, checks them and hands them to the sink, which need not check anything.
fn walk(block: []const u8, size: usize, sink: anytype) WalkError!void {
    var in: usize = 0;
    var out: usize = 0;
    while (in < block.len) {
        const token = block[in];
        in += 1;
        const literals = try lengthOf(token >> 4, block, &in);
        if (literals > block.len - in or literals > size - out) return error.Malformed;
        try sink.literals(block, in, out, literals);
        in += literals;
        out += literals;
        // A block ends with literals.
        if (in == block.len) return if (out == size) {} else error.Malformed;

        if (block.len - in < 2) return error.Malformed;
        const distance = std.mem.readInt(u16, block[in..][0..2], .little);
        in += 2;
        if (distance == 0 or distance > out) return error.Malformed;
        const length = match_min + try lengthOf(token & 15, block, &in);
        if (length > size - out) return error.Malformed;
        try sink.match(out, distance, length);
        out += length;
    }
    return error.Malformed;
}

/// A length of 15 goes on in bytes that are added up, up to one that is not 255.
fn lengthOf(nibble: u8, block: []const u8, in: *usize) Error!usize {
    var length: usize = nibble;
    if (nibble != 15) return length;
    while (in.* < block.len) {
        const more = block[in.*];
        in.* += 1;
        length += more;
        if (more != 255) return length;
    }
    return error.Malformed;
}

const Writer = struct {
    destination: []u8,

    inline fn literals(writer: *Writer, block: []const u8, in: usize, out: usize, length: usize) error{}!void {
        const to = writer.destination;
        // Most are short: one copy of constant size, where both sides have room for it.
        if (length <= 16 and block.len - in >= 16 and to.len - out >= 16) {
            to[out..][0..16].* = block[in..][0..16].*;
        } else {
            @memcpy(to[out..][0..length], block[in..][0..length]);
        }
    }

    inline fn match(writer: *Writer, out: usize, distance: usize, length: usize) error{}!void {
        const to = writer.destination;
        if (distance >= 16 and length <= 16 and to.len - out >= 16) {
            to[out..][0..16].* = to[out - distance ..][0..16].*;
            return;
        }
        // A match may overlap what it produces. Each round copies all there is of the period, which doubles.
        const from = out - distance;
        var done: usize = 0;
        while (done < length) {
            const count = @min(distance + done, length - done);
            @memcpy(to[out + done ..][0..count], to[from..][0..count]);
            done += count;
        }
    }
};

const Comparer = struct {
    expected: []const u8,

    fn literals(comparer: *Comparer, block: []const u8, in: usize, out: usize, length: usize) error{Different}!void {
        if (!std.mem.eql(u8, comparer.expected[out..][0..length], block[in..][0..length])) return error.Different;
    }

    fn match(comparer: *Comparer, out: usize, distance: usize, length: usize) error{Different}!void {
        const expected = comparer.expected;
        if (!std.mem.eql(u8, expected[out..][0..length], expected[out - distance ..][0..length])) {
            return error.Different;
        }
    }
};

const match_min = 4;
/// The last bytes of a block are literals.
const literals_at_end = 5;
/// The last match starts at least so many bytes before the end of what is encoded.
const match_start_margin = 12;
/// What the format allows.
pub const source_max = 0x7e00_0000;

const table_bits = 12;

/// Encodes `source` into one block; `null` where that does not fit into `destination`.
pub fn encode(source: []const u8, destination: []u8) ?usize {
    if (source.len > source_max) return null;
    var output: Output = .{ .destination = destination };
    // Position of the last bytes with a hash; 0 is also "none", which the comparison below sorts out.
    var table: [1 << table_bits]u32 = @splat(0);
    var anchor: usize = 0;
    var at: usize = 1;
    while (at + match_start_margin <= source.len) {
        const slot = &table[slotOf(source, at)];
        var from: usize = slot.*;
        slot.* = @intCast(at);
        if (at - from > std.math.maxInt(u16) or fourAt(source, from) != fourAt(source, at)) {
            // What has not compressed for a while is searched ever more coarsely.
            at += 1 + ((at - anchor) >> 6);
            continue;
        }
        while (at > anchor and from > 0 and source[at - 1] == source[from - 1]) {
            at -= 1;
            from -= 1;
        }
        const length = commonLength(source, from, at, source.len - literals_at_end);
        if (!output.sequence(source[anchor..at], @intCast(at - from), length)) return null;
        at += length;
        anchor = at;
        if (at + match_start_margin <= source.len) table[slotOf(source, at - 2)] = @intCast(at - 2);
    }
    if (!output.sequence(source[anchor..], 0, match_min)) return null;
    return output.length;
}

inline fn fourAt(source: []const u8, position: usize) u32 {
    return std.mem.readInt(u32, source[position..][0..4], .little);
}

/// Of five bytes, like the reference implementation: it finds fewer short matches and more long ones, and compresses
/// what that compresses, so that both store the same strings plain.
inline fn slotOf(source: []const u8, position: usize) usize {
    const five = std.mem.readInt(u64, source[position..][0..8], .little) << 24;
    return @intCast((five *% 889523592379) >> (64 - table_bits));
}

/// How many bytes from `a` on equal those from `b` on, the latter up to `end`. Four are known to.
fn commonLength(source: []const u8, a: usize, b: usize, end: usize) usize {
    var length: usize = match_min;
    while (b + length + 8 <= end) : (length += 8) {
        const x = std.mem.readInt(u64, source[a + length ..][0..8], .little);
        const y = std.mem.readInt(u64, source[b + length ..][0..8], .little);
        if (x != y) return length + @ctz(x ^ y) / 8;
    }
    while (b + length < end and source[a + length] == source[b + length]) length += 1;
    return length;
}

const Output = struct {
    destination: []u8,
    length: usize = 0,

    /// Literals and the match after them; without a match (the end) where the distance is 0. False where it is full.
    fn sequence(output: *Output, literals: []const u8, distance: u16, match_length: usize) bool {
        const extra = match_length - match_min;
        if (sizeOf(literals.len, distance, extra) > output.destination.len - output.length) return false;
        const high: u8 = @intCast(@min(literals.len, 15));
        const low: u8 = @intCast(@min(extra, 15));
        output.byte(high << 4 | low);
        if (high == 15) output.extension(literals.len - 15);
        @memcpy(output.destination[output.length..][0..literals.len], literals);
        output.length += literals.len;
        if (distance == 0) return true;
        std.mem.writeInt(u16, output.destination[output.length..][0..2], distance, .little);
        output.length += 2;
        if (low == 15) output.extension(extra - 15);
        return true;
    }

    fn sizeOf(literals: usize, distance: u16, extra: usize) usize {
        var size: usize = 1 + literals;
        if (literals >= 15) size += (literals - 15) / 255 + 1;
        if (distance == 0) return size;
        size += 2;
        if (extra >= 15) size += (extra - 15) / 255 + 1;
        return size;
    }

    fn extension(output: *Output, length: usize) void {
        var rest = length;
        while (rest >= 255) : (rest -= 255) output.byte(255);
        output.byte(@intCast(rest));
    }

    inline fn byte(output: *Output, value: u8) void {
        output.destination[output.length] = value;
        output.length += 1;
    }
};

const testing = std.testing;

/// Text-like bytes: random words, repeated now and then.
fn fillCompressible(random: std.Random, bytes: []u8) void {
    var at: usize = 0;
    while (at < bytes.len) {
        const length = @min(random.intRangeAtMost(usize, 1, 40), bytes.len - at);
        if (at > 100 and random.boolean()) {
            const from = random.uintLessThan(usize, at);
            for (0..length) |i| bytes[at + i] = bytes[from + i];
        } else {
            for (bytes[at..][0..length]) |*byte| byte.* = random.intRangeAtMost(u8, 'a', 'f');
        }
        at += length;
    }
}

test "what was encoded decodes to the same" {
    var prng: std.Random.DefaultPrng = .init(1);
    const random = prng.random();
    var source: [5000]u8 = undefined;
    var block: [6000]u8 = undefined;
    var decoded: [5000]u8 = undefined;
    for (0..3000) |round| {
        const length = if (round < 200) round else random.uintAtMost(usize, source.len);
        if (round % 3 == 0) random.bytes(source[0..length]) else fillCompressible(random, source[0..length]);
        if (round % 7 == 0) @memset(source[0..length], 'x');
        const size = encode(source[0..length], &block).?;
        try decode(block[0..size], decoded[0..length]);
        try testing.expectEqualSlices(u8, source[0..length], decoded[0..length]);
        try testing.expect(try yields(block[0..size], source[0..length]));
        // Exactly so much room is enough, and less is not.
        try testing.expectEqual(size, encode(source[0..length], block[0..size]).?);
        try testing.expectEqual(null, encode(source[0..length], block[0 .. size - 1]));
        if (length > 0) {
            const at = random.uintLessThan(usize, length);
            source[at] ^= 1;
            try testing.expect(!try yields(block[0..size], source[0..length]));
            try testing.expectError(error.Malformed, decode(block[0..size], decoded[0 .. length - 1]));
        }
    }
}

test "the end of a block is as the format wants it" {
    var prng: std.Random.DefaultPrng = .init(2);
    const random = prng.random();
    var source: [400]u8 = undefined;
    var block: [600]u8 = undefined;
    for (0..2000) |_| {
        const length = random.uintAtMost(usize, source.len);
        fillCompressible(random, source[0..length]);
        if (random.boolean()) @memset(source[0..length], 'x');
        const size = encode(source[0..length], &block).?;
        try checkEnd(block[0..size], length);
    }
}

fn checkEnd(block: []const u8, size: usize) !void {
    const Recorder = struct {
        last_match: ?usize = null,
        last_literals: usize = 0,

        fn literals(recorder: *@This(), _: []const u8, _: usize, _: usize, length: usize) error{}!void {
            recorder.last_literals = length;
        }
        fn match(recorder: *@This(), out: usize, _: usize, _: usize) error{}!void {
            recorder.last_match = out;
        }
    };
    var recorder: Recorder = .{};
    try walk(block, size, &recorder);
    const last_match = recorder.last_match orelse return;
    try testing.expect(recorder.last_literals >= literals_at_end);
    try testing.expect(size - last_match >= match_start_margin);
}

test "a block of the reference implementation" {
    const block = "\x1f\x61\x01\x00\xff\xe9\x50\x61\x61\x61\x61\x61";
    var decoded: [513]u8 = undefined;
    try decode(block, &decoded);
    try testing.expect(std.mem.allEqual(u8, &decoded, 'a'));
}

test "malformed blocks are errors" {
    var decoded: [64]u8 = undefined;
    const blocks = [_][]const u8{
        "", // not even a token
        "\x10", // a literal that is not there
        "\xf0", // a length that does not go on
        "\xf0\xff\xff", // nor end
        "\x10a\x00\x00\x00", // a distance of 0
        "\x10a\x02\x00\x00", // before the start
        "\x10a\x01", // half a distance
        "\x10a\x01\x00", // a match at the end
        "\x1fa\x01\x00\xff\xff\xff\x00\x00", // more than declared
    };
    for (blocks) |block| try testing.expectError(error.Malformed, decode(block, &decoded));
}

test "no bytes make decoding leave its bounds" {
    var prng: std.Random.DefaultPrng = .init(3);
    const random = prng.random();
    var source: [300]u8 = undefined;
    var block: [400]u8 = undefined;
    // Tests run with safety checks: an access outside of a slice would end them.
    for (0..20_000) |_| {
        const length = random.uintAtMost(usize, source.len);
        fillCompressible(random, source[0..length]);
        const size = encode(source[0..length], &block).?;
        for (0..random.intRangeAtMost(usize, 1, 4)) |_| block[random.uintLessThan(usize, size)] = random.int(u8);
        const cut = random.intRangeAtMost(usize, 0, size);
        const expected = random.uintAtMost(usize, source.len);
        var decoded: [300]u8 = undefined;
        decode(block[0..cut], decoded[0..expected]) catch {};
        _ = yields(block[0..cut], source[0..expected]) catch {};
    }
}
