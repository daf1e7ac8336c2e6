# An image of one program and nothing else. PROGRAM is its package:
#
#   docker build --build-arg PROGRAM=./examples/chat -t chat .
#   docker run --rm -p 8000:8000 --ulimit nofile=1048576 chat
FROM golang:1.26 AS build
ARG PROGRAM=./examples/chat
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /program "$PROGRAM"

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /program /program
USER 65534:65534
ENV TYG_ADDR=0.0.0.0:8000
EXPOSE 8000
ENTRYPOINT ["/program"]
