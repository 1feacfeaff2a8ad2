//! The hash functions of the format: xxh64 and xxh32, always with seed 0.

const std = @import("std");

/// For bytes that come in pieces.
pub const Hasher = std.hash.XxHash64;

pub fn hash64(bytes: []const u8) u64 {
    return std.hash.XxHash64.hash(0, bytes);
}

pub fn hash32(bytes: []const u8) u32 {
    return std.hash.XxHash32.hash(0, bytes);
}

/// The hash of an id table whose columns are `Column`s.
pub fn hashFor(comptime Column: type, bytes: []const u8) Column {
    return switch (Column) {
        u64 => hash64(bytes),
        u32 => hash32(bytes),
        else => @compileError("columns of id tables are u32 or u64"),
    };
}

test "known hashes of many lengths" {
    // From the reference implementation, over bytes that are (131 i + 7) mod 256.
    const vectors = [_]struct { usize, u64, u32 }{
        .{ 0, 0xef46db3751d8e999, 0x02cc5d05 },
        .{ 1, 0xa96c7f0ce858bbb7, 0x002e0d32 },
        .{ 3, 0xbed43740ee6332bb, 0x7d92e8db },
        .{ 4, 0xfa212ae44b3bb23d, 0xf189ec97 },
        .{ 5, 0xd339dcc9ac8e6776, 0x4400af42 },
        .{ 7, 0x2744460dd675d2c0, 0x78c6ca48 },
        .{ 8, 0x994b676b71ce94dd, 0xc78aa5cd },
        .{ 9, 0x572b84c18b983af8, 0x0d33d200 },
        .{ 11, 0x97f078da7a1a590c, 0xb8885dcf },
        .{ 12, 0xb92f588ce720786e, 0x355bce76 },
        .{ 13, 0xdadc8a6255b4829b, 0x814c3af0 },
        .{ 15, 0x09e6451ed2ff8b1d, 0x57055fe6 },
        .{ 16, 0x94ad0095e72b24d5, 0x64287c90 },
        .{ 17, 0x1464f2eff23b5fe1, 0x1c63fdc5 },
        .{ 19, 0x83ef9c758393e89d, 0x70be0753 },
        .{ 20, 0x67822fa80e0c8933, 0x1719c5b7 },
        .{ 23, 0xcf65b69586b05fab, 0x7d8c7a75 },
        .{ 24, 0x0a3b0194f3afe0b8, 0x688d0768 },
        .{ 27, 0xfee26cac05aeecf0, 0x9317611d },
        .{ 28, 0x01a6f3d224fa7d3b, 0x1903590d },
        .{ 31, 0x6711d55e306b5d8f, 0x2ab3eb71 },
        .{ 32, 0x07f7b8e3bc5d6e25, 0x1e1bff83 },
        .{ 33, 0x09f85eeb4e1cbe9f, 0x2934fd43 },
        .{ 47, 0x79bd9d6dd8c15570, 0x67f80c0e },
        .{ 48, 0x2947de5e3a6afece, 0xcd6f7858 },
        .{ 63, 0xb7c9968c066cb6a5, 0xff8fdebd },
        .{ 64, 0x50d4159a0411632e, 0xe0092599 },
        .{ 65, 0xd277176bff863efc, 0x6f20b0b5 },
        .{ 100, 0x9ddada11d3dc2d8f, 0xcc7d31ef },
        .{ 256, 0xa2dbe913965256fc, 0xe25df102 },
        .{ 1000, 0x0bf0bdbcc82eb373, 0x47c1e8da },
    };
    var bytes: [1000]u8 = undefined;
    for (&bytes, 0..) |*byte, i| byte.* = @truncate(131 * i + 7);
    for (vectors) |vector| {
        const length, const wide, const narrow = vector;
        try std.testing.expectEqual(wide, hash64(bytes[0..length]));
        try std.testing.expectEqual(narrow, hash32(bytes[0..length]));
    }
    try std.testing.expectEqual(0xd24ec4f1a98c6e5b, hash64("a"));
}
