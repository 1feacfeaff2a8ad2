//! Length-prefixed strings, as the format stores texts, bytes and string keys.
//!
//! A u16 header: 15 bits of length and a bit that says LZ4. All 15 bits set: the length follows as a u64. Compressed
//! bytes are a u32, the size they yield, and one block. Nothing here allocates; what a header claims is checked
//! before it is believed.

const std = @import("std");
const lz4 = @import("lz4.zig");
const Fault = @import("faults.zig").Fault;

const compressed_flag = 0x8000;
const long_length = 0x7fff;
const size_length = 4;

/// The u32 before an LZ4 block.
pub const compressed_header = size_length;

/// A string as it is stored.
pub const Stored = struct {
    /// Without the header; with the declared size where it is compressed.
    payload: []const u8,
    compressed: bool,
    /// Where the header is.
    position: u64,

    /// How many bytes the string has. A size that its block cannot yield is corrupt.
    pub fn length(stored: Stored, fault: *Fault) error{Corrupt}!usize {
        if (!stored.compressed) return stored.payload.len;
        if (stored.payload.len < size_length) {
            return fault.corrupt(stored.position, "a compressed string is too short for its own size");
        }
        const declared = std.mem.readInt(u32, stored.payload[0..size_length], .little);
        if (declared > lz4.ratio_max * @as(u64, stored.block().len)) {
            return fault.corrupt(stored.position, "a compressed string claims more than its bytes can yield");
        }
        return declared;
    }

    fn block(stored: Stored) []const u8 {
        return stored.payload[size_length..];
    }

    /// Writes the string into `destination`, which has its length.
    pub fn copyTo(stored: Stored, destination: []u8, fault: *Fault) error{Corrupt}!void {
        if (!stored.compressed) return @memcpy(destination, stored.payload);
        lz4.decode(stored.block(), destination) catch return malformed(stored, fault);
    }

    /// Whether the string is `key`. Compressed ones are decoded only where their length is that of the key.
    pub fn equals(stored: Stored, key: []const u8, fault: *Fault) error{Corrupt}!bool {
        if (!stored.compressed) return std.mem.eql(u8, stored.payload, key);
        if (try stored.length(fault) != key.len) return false;
        return lz4.yields(stored.block(), key) catch return malformed(stored, fault);
    }

    fn malformed(stored: Stored, fault: *Fault) error{Corrupt} {
        return fault.corrupt(stored.position, "a compressed string does not decompress to its declared size");
    }
};

/// The string at `position`, which lies before `end`, of a region.
pub fn at(region: []const u8, position: u64, end: u64, fault: *Fault) error{Corrupt}!Stored {
    std.debug.assert(end <= region.len);
    if (position > end or end - position < 2) {
        return fault.corrupt(position, "a string starts outside of the bytes that are there");
    }
    const start: usize = @intCast(position);
    const header = std.mem.readInt(u16, region[start..][0..2], .little);
    var from = start + 2;
    var length: u64 = header & long_length;
    if (length == long_length) {
        if (end - from < 8) return fault.corrupt(position, "a string starts outside of the bytes that are there");
        length = std.mem.readInt(u64, region[from..][0..8], .little);
        from += 8;
    }
    if (length > end - from) return fault.corrupt(position, "a string is longer than the bytes that are there");
    return .{
        .payload = region[from..][0..@intCast(length)],
        .compressed = header & compressed_flag != 0,
        .position = position,
    };
}

/// Whether text is ASCII, other valid UTF-8, or neither.
pub const Encoding = enum { ascii, utf8, invalid };

pub fn encodingOf(text: []const u8) Encoding {
    const ascii = asciiPrefix(text);
    if (ascii == text.len) return .ascii;
    return if (std.unicode.utf8ValidateSlice(text[ascii..])) .utf8 else .invalid;
}

/// How many bytes at the start are known to be ASCII; all of them where all are.
fn asciiPrefix(text: []const u8) usize {
    const width = 32;
    var done: usize = 0;
    while (text.len - done >= width) : (done += width) {
        const chunk: @Vector(width, u8) = text[done..][0..width].*;
        if (@reduce(.Or, chunk) >= 0x80) return done;
    }
    while (text.len - done >= 8) : (done += 8) {
        if (std.mem.readInt(u64, text[done..][0..8], .little) & 0x8080808080808080 != 0) return done;
    }
    while (done < text.len) : (done += 1) {
        if (text[done] >= 0x80) return done;
    }
    return done;
}

const testing = std.testing;

test "short, long and compressed strings" {
    var fault: Fault = .{};
    const short = "..\x03\x00abc";
    try testing.expectEqualStrings("abc", (try at(short, 2, short.len, &fault)).payload);

    const long = "\xff\x7f\x02\x00\x00\x00\x00\x00\x00\x00ab";
    try testing.expectEqualStrings("ab", (try at(long, 0, long.len, &fault)).payload);

    const compressed = "\x10\x80\x01\x02\x00\x00\x1f\x61\x01\x00\xff\xe9\x50\x61\x61\x61\x61\x61";
    const stored = try at(compressed, 0, compressed.len, &fault);
    try testing.expectEqual(513, try stored.length(&fault));
    var plain: [513]u8 = undefined;
    try stored.copyTo(&plain, &fault);
    try testing.expect(std.mem.allEqual(u8, &plain, 'a'));
    try testing.expect(try stored.equals(&plain, &fault));
    try testing.expect(!try stored.equals("a", &fault));
    plain[512] = 'b';
    try testing.expect(!try stored.equals(&plain, &fault));

    const long_compressed = "\xff\xff\x10\x00\x00\x00\x00\x00\x00\x00" ++ compressed[2..];
    try testing.expectEqual(513, try (try at(long_compressed, 0, long_compressed.len, &fault)).length(&fault));
}

test "what leaves its bounds is corrupt, and says where" {
    var fault: Fault = .{};
    const cases = [_]struct { []const u8, u64, u64 }{
        .{ "", 0, 0 },
        .{ "\x00", 0, 1 },
        .{ "\x01\x00", 0, 2 },
        .{ "\x01\x00a", 0, 2 },
        .{ "\x00\x00", 3, 2 },
        .{ "\x00\x00", std.math.maxInt(u64), 2 },
        .{ "\xff\x7f\x00\x00\x00", 0, 5 },
        .{ "\xff\x7f\xff\xff\xff\xff\xff\xff\xff\xff", 0, 10 },
    };
    for (cases) |case| {
        const bytes, const position, const end = case;
        try testing.expectError(error.Corrupt, at(bytes, position, end, &fault));
        try testing.expectEqual(position, fault.position);
    }
    // A size that no bytes can yield.
    const bomb = "\x06\x80\xff\xff\xff\xff\x00\x00";
    try testing.expectError(error.Corrupt, (try at(bomb, 0, bomb.len, &fault)).length(&fault));
    const sizeless = "\x03\x80\x00\x00\x00";
    try testing.expectError(error.Corrupt, (try at(sizeless, 0, sizeless.len, &fault)).length(&fault));
}

test "encodings" {
    try testing.expectEqual(.ascii, encodingOf(""));
    const ascii: [100]u8 = @splat('a');
    for (0..ascii.len) |length| {
        try testing.expectEqual(.ascii, encodingOf(ascii[0..length]));
        var other = ascii;
        for (0..length) |i| {
            other[i] = 0x80;
            try testing.expectEqual(.invalid, encodingOf(other[0..length]));
            other[i] = 'a';
        }
    }
    try testing.expectEqual(.utf8, encodingOf("a long line of plain text, then Ärger, 漢字 and 😀"));
    const invalid = [_][]const u8{
        "\xc3", // cut off
        "\xc0\x80", // overlong
        "\xed\xa0\x80", // a surrogate
        "\xf4\x90\x80\x80", // beyond the last character
        "\xff",
    };
    for (invalid) |text| try testing.expectEqual(.invalid, encodingOf(text));
}
