//! Bytes that are appended bit by bit, in pages of their own. Nothing is moved when there are more of them, and V8,
//! which would search its heap for garbage on their account, does not see them.

const std = @import("std");
const os = @import("os.zig");

const chunk_min = 64 * 1024;
const chunk_max = 4 * 1024 * 1024;

/// At the start of its own memory; the bytes follow.
const Chunk = struct {
    memory: []align(os.page_alignment) u8,
    next: ?*Chunk = null,
    /// The bytes that are there lie from `start` to `end`.
    start: usize = @sizeOf(Chunk),
    end: usize = @sizeOf(Chunk),

    fn create(length: usize) error{OutOfMemory}!*Chunk {
        const needed = std.math.add(usize, length, @sizeOf(Chunk)) catch return error.OutOfMemory;
        if (needed > std.math.maxInt(usize) - os.map_granularity) return error.OutOfMemory;
        const memory = try os.allocatePages(std.mem.alignForward(usize, needed, os.map_granularity));
        const chunk: *Chunk = @ptrCast(memory.ptr);
        chunk.* = .{ .memory = memory };
        return chunk;
    }

    fn destroy(chunk: *Chunk) void {
        os.freePages(chunk.memory);
    }

    fn bytes(chunk: *Chunk) []u8 {
        return chunk.memory[chunk.start..chunk.end];
    }

    fn room(chunk: *const Chunk) usize {
        return chunk.memory.len - chunk.end;
    }

    fn append(chunk: *Chunk, more: []const u8) void {
        @memcpy(chunk.memory[chunk.end..][0..more.len], more);
        chunk.end += more.len;
    }
};

pub const SpoolMemory = struct {
    first: ?*Chunk = null,
    last: ?*Chunk = null,
    size: u64 = 0,

    /// Where there is not enough memory, nothing was appended.
    pub fn append(memory: *SpoolMemory, bytes: []const u8) error{OutOfMemory}!void {
        const room = if (memory.last) |last| last.room() else 0;
        const fits = @min(room, bytes.len);
        const rest = bytes[fits..];
        const next = if (rest.len > 0) try memory.newChunk(rest.len) else null;
        if (fits > 0) memory.last.?.append(bytes[0..fits]);
        if (next) |chunk| {
            chunk.append(rest);
            memory.link(chunk, chunk);
        }
        memory.size += bytes.len;
    }

    /// The more there is, the more is to come.
    fn newChunk(memory: *const SpoolMemory, length: usize) error{OutOfMemory}!*Chunk {
        const usual: usize = @intCast(std.math.clamp(memory.size, chunk_min, chunk_max));
        return Chunk.create(@max(length, usual - @sizeOf(Chunk)));
    }

    fn link(memory: *SpoolMemory, first: *Chunk, last: *Chunk) void {
        if (memory.last) |before| before.next = first else memory.first = first;
        memory.last = last;
    }

    pub fn holds(memory: *const SpoolMemory, position: u64, length: u64) bool {
        return position <= memory.size and length <= memory.size - position;
    }

    /// Copies bytes that the memory holds.
    pub fn read(memory: *const SpoolMemory, position: u64, target: []u8) void {
        std.debug.assert(memory.holds(position, target.len));
        var done: usize = 0;
        var parts = memory.partsFrom(position);
        while (done < target.len) {
            const part = parts.next(target.len - done);
            @memcpy(target[done..][0..part.len], part);
            done += part.len;
        }
    }

    /// Writes over bytes that the memory holds.
    pub fn write(memory: *SpoolMemory, position: u64, bytes: []const u8) void {
        std.debug.assert(memory.holds(position, bytes.len));
        var done: usize = 0;
        var parts = memory.partsFrom(position);
        while (done < bytes.len) {
            const part = parts.next(bytes.len - done);
            @memcpy(part, bytes[done..][0..part.len]);
            done += part.len;
        }
    }

    /// Moves as many of the first bytes out as the target takes; the memory holds them.
    pub fn shift(memory: *SpoolMemory, target: []u8) void {
        memory.read(0, target);
        memory.size -= target.len;
        var left = target.len;
        while (left > 0) {
            const chunk = memory.first.?;
            const length = @min(left, chunk.bytes().len);
            chunk.start += length;
            left -= length;
            if (chunk.start < chunk.end) break;
            memory.first = chunk.next;
            if (memory.first == null) memory.last = null;
            chunk.destroy();
        }
    }

    /// Appends everything to another memory, without a copy; nothing is left here.
    pub fn moveTo(memory: *SpoolMemory, target: *SpoolMemory) void {
        std.debug.assert(memory != target);
        const first = memory.first orelse return;
        target.link(first, memory.last.?);
        target.size += memory.size;
        memory.* = .{};
    }

    /// Gives everything back.
    pub fn clear(memory: *SpoolMemory) void {
        var next = memory.first;
        while (next) |chunk| {
            next = chunk.next;
            chunk.destroy();
        }
        memory.* = .{};
    }

    const Parts = struct {
        chunk: *Chunk,
        offset: usize,

        /// The bytes from here to the end of their chunk, at most `limit`; there are some.
        fn next(parts: *Parts, limit: usize) []u8 {
            while (parts.offset == parts.chunk.bytes().len) parts.* = .{ .chunk = parts.chunk.next.?, .offset = 0 };
            const bytes = parts.chunk.bytes()[parts.offset..];
            const part = bytes[0..@min(bytes.len, limit)];
            parts.offset += part.len;
            return part;
        }
    };

    fn partsFrom(memory: *const SpoolMemory, position: u64) Parts {
        var left = position;
        var chunk = memory.first orelse return undefined; // holds nothing, so that nothing is asked for
        while (left > chunk.bytes().len) {
            left -= chunk.bytes().len;
            chunk = chunk.next.?;
        }
        return .{ .chunk = chunk, .offset = @intCast(left) };
    }
};

const testing = std.testing;

test "bytes are where they were appended, over all chunks" {
    var prng: std.Random.DefaultPrng = .init(9);
    const random = prng.random();
    const bytes = try testing.allocator.alloc(u8, 11 * 1024 * 1024);
    defer testing.allocator.free(bytes);
    random.bytes(bytes);
    const found = try testing.allocator.alloc(u8, bytes.len);
    defer testing.allocator.free(found);

    var memory: SpoolMemory = .{};
    defer memory.clear();
    var size: usize = 0;
    while (size < bytes.len) {
        const length = @min(random.uintLessThan(usize, 700 * 1024), bytes.len - size);
        try memory.append(bytes[size..][0..length]);
        size += length;
        try testing.expectEqual(size, memory.size);
    }
    for (0..200) |_| {
        const position = random.uintAtMost(usize, bytes.len);
        const length = random.uintAtMost(usize, @min(bytes.len - position, 5 * 1024 * 1024));
        memory.read(position, found[0..length]);
        try testing.expectEqualSlices(u8, bytes[position..][0..length], found[0..length]);
        const change = bytes[position..][0..@min(length, 1000)];
        random.bytes(change);
        memory.write(position, change);
    }

    // What is moved follows what was there, and what is shifted out is there no more.
    var other: SpoolMemory = .{};
    defer other.clear();
    try other.append("before");
    memory.moveTo(&other);
    try testing.expectEqual(0, memory.size);
    try other.append("after");
    try testing.expectEqual(bytes.len + 11, other.size);
    var start: [6]u8 = undefined;
    other.shift(&start);
    try testing.expectEqualStrings("before", &start);
    var shifted: usize = 0;
    while (shifted < bytes.len) {
        const length = @min(random.uintAtMost(usize, 3 * 1024 * 1024), bytes.len - shifted);
        other.shift(found[shifted..][0..length]);
        shifted += length;
    }
    try testing.expectEqualSlices(u8, bytes, found);
    try testing.expect(other.holds(0, 5) and other.holds(5, 0) and !other.holds(0, 6) and !other.holds(6, 0));
    other.shift(start[0..5]);
    try testing.expectEqualStrings("after", start[0..5]);
    other.read(0, &.{});
    try other.append("again");
    other.read(0, start[0..5]);
    try testing.expectEqualStrings("again", start[0..5]);
}

test "nothing is appended where there is not enough memory" {
    var memory: SpoolMemory = .{};
    defer memory.clear();
    try memory.append("some");
    try testing.expectError(error.OutOfMemory, Chunk.create(std.math.maxInt(usize)));
    try testing.expectError(error.OutOfMemory, Chunk.create(std.math.maxInt(usize) - 4096));
    try testing.expectEqual(4, memory.size);
}
