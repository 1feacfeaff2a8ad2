//! The mappings of this process: one for each part of a file, shared by all threads, counted, unmapped with its last
//! reference. The only state that is not one environment's own; one lock guards it.
//!
//! It knows files and memory, and nothing of who refers to them.

const std = @import("std");
const lost_pages = @import("lost_pages.zig");
const os = @import("os.zig");
const Fault = @import("faults.zig").Fault;
const Slab = @import("slab.zig").Slab;
const SpinLock = @import("spin_lock.zig").SpinLock;

/// A part of a file in memory. Immutable but for its count and its links, which the table's lock guards, and for `lost`.
pub const Mapping = struct {
    file: os.Stat,
    offset: u64,
    /// The part itself.
    bytes: []u8,
    /// Whether pages had to be replaced by zeros: nothing that is read means anything from then on.
    lost: lost_pages.Lost,
    slot: *lost_pages.Slot,
    /// Whole pages around it.
    pages: []align(os.page_alignment) u8,
    writable: bool,
    references: u64,
    previous: ?*Mapping,
    next: ?*Mapping,

    /// Also true where a read of this call's came to a lost page, if it is asked after that read.
    pub inline fn isLost(mapping: *const Mapping) bool {
        // The handler that sets it interrupts a read, which the compiler must not move behind the question.
        asm volatile ("" ::: .{ .memory = true });
        return mapping.lost.load(.acquire);
    }
};

var table: struct {
    lock: SpinLock = .{},
    first: ?*Mapping = null,
    count: u32 = 0,
    slab: Slab(256) = .{},
} = .{};

/// The mapping of `[offset, offset + length)` of an open file, made if there is none, with one more reference.
/// The caller has found the part to be within the file, and not empty.
pub fn acquire(
    file: os.File,
    stat: os.Stat,
    offset: u64,
    length: usize,
    fault: *Fault,
) error{ System, OutOfMemory }!*Mapping {
    std.debug.assert(length > 0 and offset + length <= stat.size);
    table.lock.lock();
    defer table.lock.unlock();
    lost_pages.listen();
    if (find(stat, offset, length)) |mapping| {
        mapping.references += 1;
        return mapping;
    }
    const mapping = try table.slab.create(Mapping);
    errdefer table.slab.destroy(mapping);
    const before: usize = @intCast(offset % os.map_granularity);
    const mapped = try os.mapFile(file, offset - before, before + length, fault);
    errdefer os.unmapFile(mapped.memory);
    mapping.* = .{
        .file = stat,
        .offset = offset,
        .bytes = mapped.memory[before..],
        .lost = .init(false),
        .slot = try lost_pages.watch(mapped.memory, &mapping.lost),
        .pages = mapped.memory,
        .writable = mapped.writable,
        .references = 1,
        .previous = null,
        .next = table.first,
    };
    if (table.first) |first| first.previous = mapping;
    table.first = mapping;
    table.count += 1;
    return mapping;
}

/// A list, since a process has a handful of mappings.
fn find(stat: os.Stat, offset: u64, length: usize) ?*Mapping {
    var next = table.first;
    while (next) |mapping| : (next = mapping.next) {
        if (mapping.offset != offset or mapping.bytes.len != length or mapping.isLost()) continue;
        if (mapping.file.isSameContent(stat)) return mapping;
    }
    return null;
}

pub fn retain(mapping: *Mapping) void {
    table.lock.lock();
    defer table.lock.unlock();
    std.debug.assert(mapping.references > 0);
    mapping.references += 1;
}

/// Takes a reference away, on any thread; with the last one the memory goes.
pub fn release(mapping: *Mapping) void {
    const pages = forget(mapping) orelse return;
    // Not under the lock: unmapping gigabytes takes long.
    os.unmapFile(pages);
}

/// The pages to unmap if nobody refers to the mapping any more.
fn forget(mapping: *Mapping) ?[]align(os.page_alignment) u8 {
    table.lock.lock();
    defer table.lock.unlock();
    std.debug.assert(mapping.references > 0);
    mapping.references -= 1;
    if (mapping.references > 0) return null;
    if (mapping.previous) |previous| previous.next = mapping.next else table.first = mapping.next;
    if (mapping.next) |next| next.previous = mapping.previous;
    table.count -= 1;
    const pages = mapping.pages;
    lost_pages.unwatch(mapping.slot);
    table.slab.destroy(mapping);
    return pages;
}

/// Takes read errors over again, where somebody else has done that since the last mapping was opened.
pub fn listen() void {
    table.lock.lock();
    defer table.lock.unlock();
    lost_pages.listen();
}

/// How many mappings there are.
pub fn count() u32 {
    table.lock.lock();
    defer table.lock.unlock();
    return table.count;
}

/// Memory for a small struct that several threads may free.
pub fn create(comptime T: type) error{OutOfMemory}!*T {
    table.lock.lock();
    defer table.lock.unlock();
    return table.slab.create(T);
}

pub fn destroy(pointer: anytype) void {
    table.lock.lock();
    defer table.lock.unlock();
    table.slab.destroy(pointer);
}
