"""A sentence encoder of random weights with every layer of the real one, and its tokenizer."""

from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel

WORDS = "the a my knee back hurts is sore fine squat lunge rest day today and with ##s ##ed no yes".split()
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]


def tiny_bert(folder: Path, width: int = 32) -> Path:
    """A folder with config.json, model.safetensors and tokenizer.json."""
    vocabulary = [*SPECIAL, *WORDS]
    tokenizer = Tokenizer(models.WordPiece({word: n for n, word in enumerate(vocabulary)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.enable_padding(length=64)  # published files carry settings of their own, which must not count
    torch.manual_seed(0)
    config = BertConfig(vocab_size=len(vocabulary), hidden_size=width, num_hidden_layers=2, num_attention_heads=4,
                        intermediate_size=64, max_position_embeddings=512)  # fmt: skip
    BertModel(config).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder
