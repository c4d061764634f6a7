namespace Tidemark.Metrics;

/// <summary>A history cannot be read; the message is one line that names the file, the line or field, and what was expected.</summary>
public sealed class MalformedHistoryException(string message, Exception? inner = null) : Exception(message, inner);
