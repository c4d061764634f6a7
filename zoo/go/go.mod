module tidemark.example/zoo

go 1.19
