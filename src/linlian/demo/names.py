"""Names of people who do not exist, put together by the seeded chance of a story.

>>> next(names(Random("spruce"), taken=[]))
Text(zh='…', en='…')
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from random import Random

from linlian.demo.text import Text

SURNAMES = (
    "王 Wang 李 Li 张 Zhang 刘 Liu 陈 Chen 杨 Yang 黄 Huang 赵 Zhao 吴 Wu 周 Zhou 徐 Xu 孙 Sun 马 Ma"
    " 朱 Zhu 胡 Hu 郭 Guo 何 He 高 Gao 林 Lin 罗 Luo 郑 Zheng 梁 Liang 谢 Xie 宋 Song 唐 Tang 许 Xu"
    " 韩 Han 冯 Feng 邓 Deng 曹 Cao 彭 Peng 曾 Zeng 萧 Xiao 田 Tian 董 Dong 袁 Yuan 潘 Pan 于 Yu"
    " 蒋 Jiang 蔡 Cai 余 Yu 杜 Du 叶 Ye 程 Cheng 苏 Su 魏 Wei 吕 Lyu"
)
GIVEN = (
    "秀兰 Xiulan 建国 Jianguo 淑珍 Shuzhen 志强 Zhiqiang 丽华 Lihua 海燕 Haiyan 文杰 Wenjie"
    " 晓东 Xiaodong 玉梅 Yumei 国栋 Guodong 雪 Xue 磊 Lei 静 Jing 洋 Yang 敏 Min 军 Jun 霞 Xia"
    " 平 Ping 刚 Gang 娜 Na 涛 Tao 倩 Qian 鹏 Peng 婷 Ting 子涵 Zihan 雨欣 Yuxin 浩然 Haoran"
    " 思远 Siyuan 佳怡 Jiayi 明哲 Mingzhe 春燕 Chunyan 永福 Yongfu 凤英 Fengying 德明 Deming"
    " 红梅 Hongmei 立新 Lixin 小满 Xiaoman 清 Qing 岩 Yan 可 Ke 安宁 Anning 树林 Shulin 月华 Yuehua"
    " 志远 Zhiyuan 桂芳 Guifang 建华 Jianhua 美玲 Meiling 俊杰 Junjie 晓梅 Xiaomei 振华 Zhenhua 慧敏 Huimin"
    " 长生 Changsheng 一帆 Yifan 若兰 Ruolan 天佑 Tianyou 晨曦 Chenxi 宝珠 Baozhu 大川 Dachuan"
)


def names(chance: Random, taken: Iterable[Text]) -> Iterator[Text]:
    """Names in an order that chance decides; in either language none comes twice, or is one of those taken."""
    pairs = [(surname, given) for surname in _pairs(SURNAMES) for given in _pairs(GIVEN)]
    chance.shuffle(pairs)
    heard = {word for name in taken for word in name}
    for surname, given in pairs:
        name = Text(surname.zh + given.zh, f"{surname.en} {given.en}")
        if name.zh not in heard and name.en not in heard:
            heard |= {*name}
            yield name


def _pairs(words: str) -> list[Text]:
    split = words.split()
    return [Text(zh, en) for zh, en in zip(split[::2], split[1::2], strict=True)]
