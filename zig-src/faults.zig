//! What went wrong, for the message of the error that a caller gets.
//!
//! Zig errors carry no data, so functions that can fail for a reason worth telling take a `*Fault` and fill it in. It
//! allocates nothing and knows nothing of JavaScript.

const std = @import("std");
const Code = @import("os/error_codes.zig").Code;

/// All the ways in which the core fails.
pub const Error = error{
    /// Bytes contradict themselves; `Fault.position` says where.
    Corrupt,
    /// Bytes that should be UTF-8 are not; `Fault.position` says where.
    Encoding,
    InvalidArgument,
    TooLarge,
    OutOfMemory,
    /// The operating system refused; `Fault.code` and `Fault.syscall` say what.
    System,
};

pub const Fault = struct {
    /// Where in the region.
    position: u64 = 0,
    message: []const u8 = "",
    code: Code = .UNKNOWN,
    syscall: []const u8 = "",
    text: [256]u8 = undefined,

    pub fn corrupt(fault: *Fault, position: u64, message: []const u8) error{Corrupt} {
        @branchHint(.cold);
        fault.position = position;
        fault.message = message;
        return error.Corrupt;
    }

    pub fn system(fault: *Fault, code: Code, syscall: []const u8) error{System} {
        @branchHint(.cold);
        fault.code = code;
        fault.syscall = syscall;
        return error.System;
    }

    pub fn invalid(fault: *Fault, comptime format: []const u8, arguments: anytype) error{InvalidArgument} {
        @branchHint(.cold);
        fault.print(format, arguments);
        return error.InvalidArgument;
    }

    pub fn tooLarge(fault: *Fault, comptime format: []const u8, arguments: anytype) error{TooLarge} {
        @branchHint(.cold);
        fault.print(format, arguments);
        return error.TooLarge;
    }

    /// Sets a message that is made from values; one that does not fit is cut to its constant parts.
    fn print(fault: *Fault, comptime format: []const u8, arguments: anytype) void {
        fault.message = std.fmt.bufPrint(&fault.text, format, arguments) catch format;
    }
};
