//! What becomes of mapped pages that the file no longer has, or that cannot be read: they read as zeros, and the mapping
//! is lost from then on, which everybody who searches or reads in it is told. Otherwise the process would end.
//!
//! The handler of the signal looks the address up here. The thread that it runs on may hold any lock and be in the
//! middle of anything, so looking up takes no lock and no memory: a list of slots, in chunks that are never freed.
//!
//! Why this is safe while other threads map and unmap:
//! - A thread that reads a mapping holds a reference to it until after its read, so its slot stays as it is and its
//!   pages stay mapped until its handler returns: zeros never get into memory that is not this mapping's.
//! - A slot is withdrawn after the last reference is gone and before the pages are unmapped; so an address that belongs
//!   to somebody else by now finds no slot. Who looks at a slot while it changes sees an odd or a different `sequence`, and
//!   that slot cannot be the one that is looked for.
//! - Several threads may come to the same lost pages at once: the system replaces pages in one step, and zeros by zeros.

const std = @import("std");
const os = @import("os.zig");

/// Set once, by the handler; never reset.
pub const Lost = std.atomic.Value(bool);

pub const Slot = struct {
    /// Odd while the others change.
    sequence: std.atomic.Value(usize) = .init(0),
    start: std.atomic.Value(usize) = .init(0),
    /// 0 where the slot is free.
    end: std.atomic.Value(usize) = .init(0),
    lost: std.atomic.Value(?*Lost) = .init(null),

    fn set(slot: *Slot, start: usize, end: usize, lost: ?*Lost) void {
        const sequence = slot.sequence.load(.monotonic);
        std.debug.assert(sequence % 2 == 0);
        slot.sequence.store(sequence + 1, .monotonic);
        slot.start.store(start, .release);
        slot.lost.store(lost, .release);
        slot.end.store(end, .release);
        slot.sequence.store(sequence + 2, .release);
    }

    fn get(slot: *Slot) ?Pages {
        const sequence = slot.sequence.load(.acquire);
        const start = slot.start.load(.acquire);
        const lost = slot.lost.load(.acquire);
        const end = slot.end.load(.acquire);
        if (sequence % 2 != 0 or end == 0 or slot.sequence.load(.acquire) != sequence) return null;
        return .{ .start = start, .end = end, .lost = lost.? };
    }
};

const Pages = struct { start: usize, end: usize, lost: *Lost };

const Chunk = struct {
    slots: [slots_in_page]Slot = @splat(.{}),
    next: std.atomic.Value(?*Chunk) = .init(null),

    const slots_in_page = (os.page_alignment - @sizeOf(?*Chunk)) / @sizeOf(Slot);
};

var first: Chunk = .{};

/// Sees to it that read errors come here. To be called whenever somebody opens a mapping, new or not, since others may
/// have taken the signal meanwhile; by one thread at a time.
pub fn listen() void {
    os.watchReadErrors(&recover);
}

/// Watches the pages of a mapping, until `unwatch`. One thread at a time may call either.
pub fn watch(pages: []u8, lost: *Lost) error{OutOfMemory}!*Slot {
    const slot = try freeSlot();
    slot.set(@intFromPtr(pages.ptr), @intFromPtr(pages.ptr) + pages.len, lost);
    return slot;
}

/// Before the pages are unmapped, and when nobody reads them any more.
pub fn unwatch(slot: *Slot) void {
    slot.set(0, 0, null);
}

fn freeSlot() error{OutOfMemory}!*Slot {
    var chunk = &first;
    while (true) {
        for (&chunk.slots) |*slot| if (slot.end.load(.monotonic) == 0) return slot;
        chunk = chunk.next.load(.monotonic) orelse break;
    }
    const memory = try os.allocatePages(@sizeOf(Chunk));
    const added: *Chunk = @ptrCast(memory.ptr);
    added.* = .{};
    chunk.next.store(added, .release);
    return &added.slots[0];
}

/// Runs in the handler of the signal.
fn recover(address: usize) bool {
    const pages = find(address) orelse return false;
    // Before there are zeros, so that nobody sees them without this.
    pages.lost.store(true, .seq_cst);
    return os.replaceWithZeros(pages.start, pages.end, address);
}

fn find(address: usize) ?Pages {
    var next: ?*Chunk = &first;
    while (next) |chunk| : (next = chunk.next.load(.acquire)) {
        for (&chunk.slots) |*slot| {
            const pages = slot.get() orelse continue;
            if (address >= pages.start and address < pages.end) return pages;
        }
    }
    return null;
}

const testing = std.testing;

test "an address finds the mapping it is in, among more than one chunk holds" {
    var lost: [3 * Chunk.slots_in_page]Lost = @splat(.init(false));
    var slots: [lost.len]*Slot = undefined;
    const bytes: [*]u8 = @ptrFromInt(0x1000_0000);
    for (&slots, &lost, 0..) |*slot, *flag, i| slot.* = try watch(bytes[i * 100 ..][0..10], flag);
    for (&lost, 0..) |*flag, i| {
        const start = @intFromPtr(bytes) + i * 100;
        try testing.expectEqual(flag, find(start).?.lost);
        try testing.expectEqual(flag, find(start + 9).?.lost);
        try testing.expectEqual(null, find(start + 10));
        try testing.expectEqual(null, find(start - 1));
    }
    unwatch(slots[150]);
    try testing.expectEqual(null, find(@intFromPtr(bytes) + 150 * 100));
    try testing.expectEqual(slots[150], try watch(bytes[0..1], &lost[150]));
    for (slots) |slot| unwatch(slot);
    try testing.expectEqual(null, find(@intFromPtr(bytes)));
}
