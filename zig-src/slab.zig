//! Memory for small structs: blocks of one size, cut from whole pages, kept for reuse until the slab itself goes.
//!
//! There is no general allocator here, as those of Zig's library want thread-locals or a libc. Not safe for several
//! threads; whoever shares a slab locks it.

const std = @import("std");
const os = @import("os.zig");

pub fn Slab(comptime block_size: comptime_int) type {
    return struct {
        free: ?*Block = null,
        chunks: ?*Chunk = null,

        const Self = @This();
        const alignment = 64;
        const chunk_size = 16 * 1024;

        const Block = struct { next: ?*Block };
        const Chunk = struct { next: ?*Chunk };

        comptime {
            std.debug.assert(block_size % alignment == 0);
        }

        /// Memory for a `T`, undefined.
        pub fn create(slab: *Self, comptime T: type) error{OutOfMemory}!*T {
            comptime std.debug.assert(@sizeOf(T) <= block_size and @alignOf(T) <= alignment);
            if (slab.free == null) try slab.grow();
            const block = slab.free.?;
            slab.free = block.next;
            return @ptrCast(@alignCast(block));
        }

        pub fn destroy(slab: *Self, pointer: anytype) void {
            const block: *Block = @ptrCast(@alignCast(pointer));
            block.* = .{ .next = slab.free };
            slab.free = block;
        }

        fn grow(slab: *Self) error{OutOfMemory}!void {
            const memory = try os.allocatePages(chunk_size);
            const chunk: *Chunk = @ptrCast(@alignCast(memory.ptr));
            chunk.* = .{ .next = slab.chunks };
            slab.chunks = chunk;
            // The chunk's own link takes the first `alignment` bytes.
            var at: usize = alignment;
            while (at + block_size <= chunk_size) : (at += block_size) slab.destroy(&memory[at]);
        }

        /// Gives everything back; whatever was created is gone.
        pub fn deinit(slab: *Self) void {
            var next = slab.chunks;
            while (next) |chunk| {
                next = chunk.next;
                const start: [*]align(os.page_alignment) u8 = @ptrCast(@alignCast(chunk));
                os.freePages(start[0..chunk_size]);
            }
            slab.* = undefined;
        }
    };
}

test "blocks are aligned, distinct, and used again" {
    var slab: Slab(128) = .{};
    defer slab.deinit();
    var pointers: [500]*[128]u8 = undefined;
    for (&pointers, 0..) |*pointer, i| {
        pointer.* = try slab.create([128]u8);
        try std.testing.expectEqual(0, @intFromPtr(pointer.*) % 64);
        @memset(pointer.*, @truncate(i));
    }
    for (pointers, 0..) |pointer, i| try std.testing.expect(std.mem.allEqual(u8, pointer, @truncate(i)));
    slab.destroy(pointers[7]);
    try std.testing.expectEqual(pointers[7], try slab.create([128]u8));
}
