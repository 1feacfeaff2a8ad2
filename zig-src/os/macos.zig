//! macOS, through its system library: there are no stable system calls.

const std = @import("std");
const c = std.c;
const os = @import("../os.zig");
const Fault = @import("../faults.zig").Fault;
const Protection = @import("posix.zig").Protection;

fn failed(syscall: []const u8, fault: *Fault) error{System} {
    return fault.system(.fromPosix(@fromBackingInt(@intCast(c._errno().*))), syscall);
}

pub fn open(path: [*:0]const u8, flags: c.O, fault: *Fault) error{System}!i32 {
    const descriptor = c.open(path, flags, @as(c_uint, 0o666));
    return if (descriptor >= 0) descriptor else failed("open", fault);
}

pub fn close(descriptor: i32) void {
    _ = c.close(descriptor);
}

pub fn stat(descriptor: i32, fault: *Fault) error{System}!os.Stat {
    var buffer: c.Stat = undefined;
    if (c.fstat(descriptor, &buffer) != 0) return failed("fstat", fault);
    return .{
        .kind = switch (buffer.mode & c.S.IFMT) {
            c.S.IFREG => .regular,
            c.S.IFDIR => .directory,
            else => .other,
        },
        .size = @intCast(buffer.size),
        .device = @as(u32, @bitCast(buffer.dev)),
        .inode = buffer.ino,
        .modified_ns = nanoseconds(buffer.mtimespec),
        .changed_ns = nanoseconds(buffer.ctimespec),
    };
}

fn nanoseconds(time: c.timespec) i128 {
    return @as(i128, time.sec) * std.time.ns_per_s + time.nsec;
}

pub fn map(
    length: usize,
    protection: Protection,
    descriptor: i32,
    offset: u64,
    fault: *Fault,
) error{System}![]align(os.page_alignment) u8 {
    const address = c.mmap(null, length, protection.access(), protection.flags(), descriptor, @intCast(offset));
    if (address == c.MAP_FAILED) return failed("mmap", fault);
    const start: [*]align(os.page_alignment) u8 = @ptrCast(@alignCast(address));
    return start[0..length];
}

/// Keeps every error to itself: it runs in a handler of a signal.
pub fn mapZeros(start: usize, length: usize) bool {
    const before = c._errno().*;
    defer c._errno().* = before;
    const flags: c.MAP = .{ .TYPE = .PRIVATE, .ANONYMOUS = true, .FIXED = true, .NORESERVE = true };
    return c.mmap(@ptrFromInt(start), length, .{ .READ = true, .WRITE = true }, flags, -1, 0) != c.MAP_FAILED;
}

pub fn unmap(memory: []align(os.page_alignment) u8) void {
    const result = c.munmap(@ptrCast(@alignCast(memory.ptr)), memory.len);
    std.debug.assert(result == 0);
}

pub fn pageSizeOf(_: []align(os.page_alignment) u8) ?usize {
    return std.heap.pageSize();
}

/// The lowest bit of each flag says whether a page is in memory. False where the system does not say.
pub fn residency(pages: os.Pages, flags: []u8) bool {
    std.debug.assert(flags.len == pages.count);
    return c.mincore(@ptrFromInt(pages.start), pages.count * pages.size, flags.ptr) == 0;
}

pub const PageMap = @import("no_page_map.zig").PageMap;

pub fn signalAction(signal: c.SIG, action: ?*const c.Sigaction, previous: ?*c.Sigaction) bool {
    return c.sigaction(signal, action, previous) == 0;
}

pub const no_signals: c.sigset_t = 0;

/// Where a read failed; `null` for a signal that was sent. Writes to what can only be read come here too.
pub fn readErrorAddress(info: *const c.siginfo_t) ?usize {
    // BUS_ADRALN, BUS_ADRERR and BUS_OBJERR: which of them it is depends on the processor.
    return if (info.code >= 1 and info.code <= 3) @intFromPtr(info.addr) else null;
}

/// For this thread, once it is not blocked any more.
pub fn raise(signal: c.SIG) void {
    _ = c.raise(signal);
}

/// Keeps the library with that function, which Node unloads with its last worker.
pub fn stayLoaded(function: *const anyopaque) void {
    var library: c.dl_info = undefined;
    if (c.dladdr(function, &library) == 0) return;
    _ = c.dlopen(library.fname, .{ .LAZY = true, .NOLOAD = true, .NODELETE = true });
}

/// Whatever the system says to it.
pub fn advise(memory: []align(os.page_alignment) u8, advice: os.Advice) void {
    _ = c.madvise(@ptrCast(@alignCast(memory.ptr)), memory.len, switch (advice) {
        .random => c.MADV.RANDOM,
        .sequential => c.MADV.SEQUENTIAL,
        .@"will-need", .preload => c.MADV.WILLNEED,
        // Mappings of files have none.
        .@"huge-pages" => return,
    });
    if (advice == .preload) os.touch(memory);
}

pub fn lock(descriptor: i32, fault: *Fault) error{System}!void {
    const exclusive = 2;
    const non_blocking = 4;
    if (c.flock(descriptor, exclusive | non_blocking) != 0) return failed("flock", fault);
}

pub fn sync(descriptor: i32, fault: *Fault) error{System}!void {
    if (c.fsync(descriptor) != 0) return failed("fsync", fault);
}

pub fn write(descriptor: i32, text: []const u8) void {
    _ = c.write(descriptor, text.ptr, text.len);
}

pub fn yield() void {
    _ = c.sched_yield();
}
