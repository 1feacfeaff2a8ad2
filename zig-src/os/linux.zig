//! Linux by system calls, without a libc: the addon has to load beside any of them.

const std = @import("std");
const linux = std.os.linux;
const os = @import("../os.zig");
const Fault = @import("../faults.zig").Fault;
const Protection = @import("posix.zig").Protection;

/// The result of a system call, or its error in the fault.
fn checked(result: usize, syscall: []const u8, fault: *Fault) error{System}!usize {
    const errno = linux.errno(result);
    if (errno == .SUCCESS) return result;
    return fault.system(.fromPosix(errno), syscall);
}

pub fn open(path: [*:0]const u8, flags: linux.O, fault: *Fault) error{System}!i32 {
    const result = linux.openat(linux.AT.FDCWD, path, flags, 0o666);
    return @intCast(try checked(result, "open", fault));
}

pub fn close(descriptor: i32) void {
    _ = linux.close(descriptor);
}

pub fn stat(descriptor: i32, fault: *Fault) error{System}!os.Stat {
    const wanted: linux.STATX = .{
        .TYPE = true,
        .INO = true,
        .SIZE = true,
        .MTIME = true,
        .CTIME = true,
    };
    var buffer: linux.Statx = undefined;
    _ = try checked(linux.statx(descriptor, "", linux.AT.EMPTY_PATH, wanted, &buffer), "fstat", fault);
    return .{
        .kind = switch (buffer.mode & linux.S.IFMT) {
            linux.S.IFREG => .regular,
            linux.S.IFDIR => .directory,
            else => .other,
        },
        .size = buffer.size,
        .device = deviceNumber(buffer.dev_major, buffer.dev_minor),
        .inode = buffer.ino,
        .modified_ns = nanoseconds(buffer.mtime),
        .changed_ns = nanoseconds(buffer.ctime),
    };
}

/// As libcs and therefore `fs.statSync` put the two together.
fn deviceNumber(major: u64, minor: u64) u64 {
    return (major & 0xfffff000) << 32 | (major & 0xfff) << 8 | (minor & 0xffffff00) << 12 | (minor & 0xff);
}

fn nanoseconds(time: linux.statx_timestamp) i128 {
    return @as(i128, time.sec) * std.time.ns_per_s + time.nsec;
}

pub fn map(
    length: usize,
    protection: Protection,
    descriptor: i32,
    offset: u64,
    fault: *Fault,
) error{System}![]align(os.page_alignment) u8 {
    const result = linux.mmap(null, length, protection.access(), protection.flags(), descriptor, @intCast(offset));
    const address = try checked(result, "mmap", fault);
    const start: [*]align(os.page_alignment) u8 = @ptrFromInt(address);
    return start[0..length];
}

/// Keeps every error to itself, and to the stack: it runs in a handler of a signal.
pub fn mapZeros(start: usize, length: usize) bool {
    const flags: linux.MAP = .{ .TYPE = .PRIVATE, .ANONYMOUS = true, .FIXED = true, .NORESERVE = true };
    // What nobody can write to is not counted as memory in use, where a system counts strictly.
    for ([_]bool{ true, false }) |writable| {
        const result = linux.mmap(@ptrFromInt(start), length, .{ .READ = true, .WRITE = writable }, flags, -1, 0);
        if (linux.errno(result) == .SUCCESS) return true;
    }
    return false;
}

pub fn unmap(memory: []align(os.page_alignment) u8) void {
    const result = linux.munmap(memory.ptr, memory.len);
    std.debug.assert(linux.errno(result) == .SUCCESS);
}

/// How large pages are, which without a libc only a call tells that refuses anything but their starts.
pub fn pageSizeOf(memory: []align(os.page_alignment) u8) ?usize {
    for ([_]usize{ 4096, 16 * 1024, os.map_granularity }) |size| {
        var flag: [1]u8 = undefined;
        const result = linux.mincore(@ptrFromInt(@intFromPtr(memory.ptr) + size), 1, &flag);
        if (linux.errno(result) != .INVAL) return size;
    }
    return null;
}

/// The lowest bit of each flag says whether a page is in memory. False where the system does not say.
pub fn residency(pages: os.Pages, flags: []u8) bool {
    std.debug.assert(flags.len == pages.count);
    return linux.errno(linux.mincore(@ptrFromInt(pages.start), pages.count * pages.size, flags.ptr)) == .SUCCESS;
}

/// What the system says of each page of this process.
pub const PageMap = struct {
    descriptor: i32,

    pub const is_known = true;

    pub const Entry = packed struct(u64) {
        _: u61,
        /// Of a file, or shared.
        is_file: bool,
        is_swapped: bool,
        is_present: bool,

        pub fn isPrivate(entry: Entry) bool {
            return (entry.is_present or entry.is_swapped) and !entry.is_file;
        }
    };

    pub fn open() ?PageMap {
        const flags: linux.O = .{ .ACCMODE = .RDONLY, .CLOEXEC = true };
        const result = linux.openat(linux.AT.FDCWD, "/proc/self/pagemap", flags, 0);
        return if (linux.errno(result) == .SUCCESS) .{ .descriptor = @intCast(result) } else null;
    }

    pub fn close(page_map: PageMap) void {
        _ = linux.close(page_map.descriptor);
    }

    pub fn read(page_map: PageMap, pages: os.Pages, entries: []Entry) bool {
        std.debug.assert(entries.len == pages.count);
        const bytes = std.mem.sliceAsBytes(entries);
        const offset = pages.start / pages.size * @sizeOf(Entry);
        return linux.pread(page_map.descriptor, bytes.ptr, bytes.len, @intCast(offset)) == bytes.len;
    }
};

pub fn signalAction(signal: linux.SIG, action: ?*const linux.Sigaction, previous: ?*linux.Sigaction) bool {
    return linux.errno(linux.sigaction(signal, action, previous)) == .SUCCESS;
}

pub const no_signals = linux.sigemptyset();

/// Where a read failed; `null` for a signal that was sent, or has another reason.
pub fn readErrorAddress(info: *const linux.siginfo_t) ?usize {
    // BUS_ADRERR: beyond the end of the file, or an error of the disk; BUS_MCEERR_AR: an error of the memory.
    const address_error = 2;
    const memory_error = 4;
    if (info.code != address_error and info.code != memory_error) return null;
    return @intFromPtr(info.fields.sigfault.addr);
}

/// For this thread, once it is not blocked any more.
pub fn raise(signal: linux.SIG) void {
    _ = linux.tgkill(linux.getpid(), linux.gettid(), signal);
}

/// The linker's `-z nodelete` sees to that.
pub fn stayLoaded(_: *const anyopaque) void {}

/// MADV_POPULATE_READ.
const populate_read = 22;

/// Whatever the kernel says to it: older ones know less, and some pages of files cannot be large.
pub fn advise(memory: []align(os.page_alignment) u8, advice: os.Advice) void {
    const result = linux.madvise(memory.ptr, memory.len, switch (advice) {
        .random => linux.MADV.RANDOM,
        .sequential => linux.MADV.SEQUENTIAL,
        .@"will-need" => linux.MADV.WILLNEED,
        .@"huge-pages" => linux.MADV.HUGEPAGE,
        .preload => populate_read,
    });
    // Before Linux 5.14.
    if (advice == .preload and linux.errno(result) == .INVAL) os.touch(memory);
}

pub fn lock(descriptor: i32, fault: *Fault) error{System}!void {
    const exclusive = 2;
    const non_blocking = 4;
    _ = try checked(linux.flock(descriptor, exclusive | non_blocking), "flock", fault);
}

pub fn sync(descriptor: i32, fault: *Fault) error{System}!void {
    _ = try checked(linux.fsync(descriptor), "fsync", fault);
}

pub fn write(descriptor: i32, text: []const u8) void {
    _ = linux.write(descriptor, text.ptr, text.len);
}

pub fn yield() void {
    _ = linux.sched_yield();
}
