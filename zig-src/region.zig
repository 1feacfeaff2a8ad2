//! Opening a part of a file as memory: which file it is, which part, and whether that can be.

const std = @import("std");
const os = @import("os.zig");
const region_table = @import("region_table.zig");
const Fault = @import("faults.zig").Fault;

pub const Opened = struct {
    file: os.Stat,
    /// `null` for a part without bytes, which cannot be mapped and need not be.
    mapping: ?*region_table.Mapping,
};

/// Maps `length` bytes of the file from `offset` on; without a length, up to its end.
pub fn open(
    path: *const os.Path,
    offset: u64,
    length: ?u64,
    fault: *Fault,
) error{ System, OutOfMemory, InvalidArgument, TooLarge }!Opened {
    const file = try os.openForReading(path, fault);
    defer file.close();
    const stat = try file.stat(fault);
    switch (stat.kind) {
        .regular => {},
        .directory => return fault.system(.EISDIR, "read"),
        .other => return fault.invalid("only regular files can be mapped, and this is something else", .{}),
    }
    if (offset > stat.size) {
        return fault.invalid(
            "expected an offset of at most {d}, the size of the file; found {d}",
            .{ stat.size, offset },
        );
    }
    const available = stat.size - offset;
    const wanted = length orelse available;
    if (wanted > available) {
        return fault.invalid(
            "expected a size of at most {d}, what the file has from offset {d} on; found {d}",
            .{ available, offset, wanted },
        );
    }
    if (wanted > std.math.maxInt(isize) - os.map_granularity) {
        return fault.tooLarge("{d} bytes are more than can be mapped", .{wanted});
    }
    if (wanted == 0) return .{ .file = stat, .mapping = null };
    const mapping = try region_table.acquire(file, stat, offset, @intCast(wanted), fault);
    return .{ .file = stat, .mapping = mapping };
}

const testing = std.testing;

/// A file of `size` bytes whose byte at i is i mod 251, in a directory that is removed afterwards.
const Sample = struct {
    directory: testing.TmpDir,
    path: os.Path,

    fn init(sample: *Sample, size: usize) !void {
        sample.directory = testing.tmpDir(.{});
        const bytes = try testing.allocator.alloc(u8, size);
        defer testing.allocator.free(bytes);
        for (bytes, 0..) |*byte, i| byte.* = @intCast(i % 251);
        try sample.directory.dir.writeFile(testing.io, .{ .sub_path = "sample", .data = bytes });
        try sample.name("sample");
    }

    fn name(sample: *Sample, sub_path: []const u8) !void {
        var buffer: [std.fs.max_path_bytes]u8 = undefined;
        const length = try sample.directory.dir.realPathFile(testing.io, sub_path, &buffer);
        var fault: Fault = .{};
        try sample.path.init(buffer[0..length], &fault, "open");
    }

    fn deinit(sample: *Sample) void {
        sample.directory.cleanup();
    }
};

test "a part of a file is mapped once, whatever its offset" {
    var sample: Sample = undefined;
    try sample.init(300_000);
    defer sample.deinit();
    var fault: Fault = .{};
    const start = region_table.count();
    const parts = [_]struct { u64, ?u64 }{
        .{ 0, null }, .{ 1, 5 }, .{ 65_536, 1 }, .{ 70_001, 200_000 }, .{ 299_999, null },
    };
    for (parts) |part| {
        const offset, const length = part;
        const first = (try open(&sample.path, offset, length, &fault)).mapping.?;
        const second = (try open(&sample.path, offset, length, &fault)).mapping.?;
        try testing.expectEqual(first, second);
        try testing.expectEqual(start + 1, region_table.count());
        try testing.expectEqual(length orelse 300_000 - offset, first.bytes.len);
        for (first.bytes, offset..) |byte, i| try testing.expectEqual(i % 251, byte);
        // Private: a write does not reach the file.
        try testing.expect(first.writable);
        first.bytes[0] = 255;
        region_table.release(first);
        region_table.release(second);
        try testing.expectEqual(start, region_table.count());
        const third = (try open(&sample.path, offset, length, &fault)).mapping.?;
        defer region_table.release(third);
        try testing.expectEqual(offset % 251, third.bytes[0]);
    }
}

test "nothing to map, and what cannot be mapped" {
    var sample: Sample = undefined;
    try sample.init(100);
    defer sample.deinit();
    var fault: Fault = .{};
    try testing.expectEqual(null, (try open(&sample.path, 100, null, &fault)).mapping);
    try testing.expectEqual(null, (try open(&sample.path, 50, 0, &fault)).mapping);
    try testing.expectError(error.InvalidArgument, open(&sample.path, 101, null, &fault));
    try testing.expectError(error.InvalidArgument, open(&sample.path, 50, 51, &fault));
    try testing.expectEqualStrings(
        "expected a size of at most 50, what the file has from offset 50 on; found 51",
        fault.message,
    );
    try testing.expectError(error.InvalidArgument, open(&sample.path, 0, std.math.maxInt(u64), &fault));
    try sample.name(".");
    try testing.expectError(error.System, open(&sample.path, 0, null, &fault));
    try testing.expectEqual(.EISDIR, fault.code);
}

test "a lock is held once, and again after it was given back" {
    var sample: Sample = undefined;
    try sample.init(1);
    defer sample.deinit();
    var fault: Fault = .{};
    const lock = (try os.lockFile(&sample.path, &fault)).?;
    try testing.expectEqual(null, try os.lockFile(&sample.path, &fault));
    lock.close();
    const again = (try os.lockFile(&sample.path, &fault)).?;
    again.close();
    try sample.name(".");
    try os.syncDirectory(&sample.path, &fault);
}

test "advice changes nothing but the time that reading takes" {
    var sample: Sample = undefined;
    try sample.init(300_000);
    defer sample.deinit();
    var fault: Fault = .{};
    const mapping = (try open(&sample.path, 70_001, 200_000, &fault)).mapping.?;
    defer region_table.release(mapping);
    for (std.enums.values(os.Advice)) |advice| {
        os.advise(mapping.pages, advice);
        for (mapping.bytes, 70_001..) |byte, i| try testing.expectEqual(i % 251, byte);
    }
    os.touch(mapping.pages);
}
