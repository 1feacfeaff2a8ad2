//! What the core asks of the operating system, and all of it: files to map, memory in pages, locks, durability.
//!
//! Each system has one file with these declarations. On Linux they are system calls without a libc. Functions fill in
//! the `Fault` that they are given; none allocates but `allocatePages`.

const builtin = @import("builtin");

const system = switch (builtin.os.tag) {
    .windows => @import("os/windows.zig"),
    else => @import("os/posix.zig"),
};

/// A path in the form that the system takes.
pub const Path = system.Path;
/// An open file.
pub const File = system.File;

pub const openForReading = system.openForReading;
pub const mapFile = system.mapFile;
pub const unmapFile = system.unmapFile;
pub const pageSizeOf = system.pageSizeOf;
pub const residency = system.residency;
pub const PageMap = system.PageMap;
pub const watchReadErrors = system.watchReadErrors;
pub const replaceWithZeros = system.replaceWithZeros;
pub const advise = system.advise;
pub const lockFile = system.lockFile;
pub const syncDirectory = system.syncDirectory;
pub const yield = system.yield;
pub const writeToStderr = system.writeToStderr;

/// A multiple of every page size (and of the unit in which Windows places mappings), so that nobody has to ask.
pub const map_granularity = 64 * 1024;
/// What `allocatePages` guarantees.
pub const page_alignment = 4096;

const std = @import("std");

/// Zeroed memory, for what is too large for a slab or must not be seen by V8.
pub fn allocatePages(length: usize) error{OutOfMemory}![]align(page_alignment) u8 {
    std.debug.assert(length > 0);
    return system.allocatePages(length);
}

/// Gives back exactly what `allocatePages` gave.
pub fn freePages(memory: []align(page_alignment) u8) void {
    system.freePages(memory);
}

/// What a file is and which one it is. Two that are equal have the same content.
pub const Stat = struct {
    kind: enum { regular, directory, other },
    size: u64,
    device: u64,
    inode: u64,
    /// Nanoseconds since 1970.
    modified_ns: i128,
    changed_ns: i128,

    pub fn isSameFile(a: Stat, b: Stat) bool {
        return a.device == b.device and a.inode == b.inode;
    }

    pub fn isSameContent(a: Stat, b: Stat) bool {
        return a.isSameFile(b) and a.size == b.size and a.modified_ns == b.modified_ns and a.changed_ns == b.changed_ns;
    }
};

/// How mapped memory will be read. Advice: what a system cannot do with it is left out.
pub const Advice = enum {
    /// All of it at once: it is there when the call returns.
    preload,
    random,
    sequential,
    @"will-need",
    @"huge-pages",
};

/// Reads a byte of every page, so that all are mapped.
pub fn touch(memory: []align(page_alignment) const u8) void {
    var offset: usize = 0;
    while (offset < memory.len) : (offset += page_alignment) {
        const byte: *const volatile u8 = &memory[offset];
        _ = byte.*;
    }
}

/// Whole pages, as the system counts them.
pub const Pages = struct {
    start: usize,
    count: usize,
    size: usize,
};

/// Memory that shows a part of a file.
pub const Mapped = struct {
    memory: []align(page_alignment) u8,
    /// Whether writes go to private copies of pages; otherwise they fault.
    writable: bool,
};
